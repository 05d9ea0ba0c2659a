/**
 * The environment a service under test starts from. npm puts `node_modules/.bin` first on the PATH and adds its own
 * variables; a service must see neither, or it would run on the harness's Node by accident.
 */
import { delimiter, sep } from 'node:path';

const NPM_VARIABLE = /^(npm_|INIT_CWD$|NODE$|COLOR$|EDITOR$)/;
/** Set by test runners and by compile caches of ours: not the service's business. */
const OWN_VARIABLE = /^(VITEST|NODE_COMPILE_CACHE$|NODE_V8_COVERAGE$|TEST$|FORCE_COLOR$)/;

export function serviceEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const underNpm =
    environment['npm_lifecycle_event'] !== undefined || environment['npm_execpath'] !== undefined;
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !OWN_VARIABLE.test(entry[0]) && !(underNpm && NPM_VARIABLE.test(entry[0])),
  );
  return { ...Object.fromEntries(kept), PATH: withoutNpmFolders(environment['PATH'] ?? '') };
}

function withoutNpmFolders(path: string): string {
  return path
    .split(delimiter)
    .filter((folder) => !folder.endsWith(`node_modules${sep}.bin`) && !folder.endsWith('node-gyp-bin'))
    .join(delimiter);
}
