/** What the reports say about the project and the checks beside the verdicts. Called when a run ends. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { SarifOptions } from '../../harness/renderers/sarif.ts';
import { JUDGES } from '../../soak/judge-list.ts';
import { MOOD_JUDGES, MOODS_COMPLETE } from '../../soak/moods/mood-judges.ts';
import { ALL_RULES } from '../all-rules.ts';
import { folderInRepository } from '../git.ts';

/** What is described by its own module: rules and judges. */
const DESCRIBED: SarifOptions['checks'] = [...ALL_RULES, ...JUDGES, ...MOOD_JUDGES, MOODS_COMPLETE];

/** What is known of a project by its folder, which need not be there any more. */
export function describeProject(projectRoot: string, configFile?: string): SarifOptions {
  const projectFile = [configFile === undefined ? undefined : basename(configFile), 'package.json'].find(
    (name) => name !== undefined && existsSync(join(projectRoot, name)),
  );
  return {
    checks: DESCRIBED,
    prefix: folderInRepository(projectRoot),
    sourceOf: (file) => readSource(join(projectRoot, file)),
    ...(projectFile === undefined ? {} : { projectFile }),
  };
}

/** A source as it is now; nothing when it is gone. */
export function readSource(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
