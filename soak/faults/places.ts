/** Folders and ports of a fault scenario's own, which the harness knows: for files it damages, and ports it takes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceConfig } from '../../harness/config.ts';
import { guardian } from '../../harness/supervisors/guardian.ts';
import { findFreePort } from '../../harness/supervisors/ports.ts';
import type { Trial } from './trial.ts';

/** A port that the scenario chooses once; the configured one where it is fixed. */
export async function portOfItsOwn({ context, service }: Trial): Promise<number> {
  if (typeof service.port === 'number') return service.port;
  context.ports[0] ??= await findFreePort(service.host);
  return context.ports[0];
}

/** A private folder of the scenario, the same in each of its cases. */
export function folderOf({ context }: Trial, name: string): string {
  const { folders, atLast } = context;
  const known = folders.get(name);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-fault-'));
  guardian.folder(folder);
  atLast(() => {
    rmSync(folder, { recursive: true, force: true });
    guardian.unfolder(folder);
  });
  folders.set(name, folder);
  return folder;
}

export function withPort(trial: Trial, port: number): Trial {
  return trial.other(`port ${port}`, (service) => ({ ...service, port }));
}

/** The service with its files in a folder that the harness knows. */
export function inFolder(
  trial: Trial,
  name: string,
  folder: string,
  port: ServiceConfig['port'] = trial.service.port,
): Trial {
  return trial.other(name, (service) => ({ ...withScratch(service, folder), port }));
}

/**
 * The service in a mount namespace of its own: `prepare` is a line for a shell that has the folder as `$1`, and then becomes
 * the service, with the same pid.
 */
export function inMountNamespace(
  service: ServiceConfig,
  nodePath: string,
  folder: string,
  prepare: string,
): ServiceConfig {
  const [program = '', ...words] = service.command;
  const start = [program === 'node' ? nodePath : program, ...words];
  const script = `${prepare} && shift && exec "$@"`;
  return { ...service, command: ['unshare', '--mount', 'sh', '-c', script, 'sh', folder, ...start] };
}

/** `{scratch}` stands for this folder, wherever the service's configuration names it. */
function withScratch(service: ServiceConfig, folder: string): ServiceConfig {
  const fill = (text: string): string => text.replaceAll('{scratch}', folder);
  return {
    ...service,
    command: service.command.map(fill),
    env: Object.fromEntries(Object.entries(service.env).map(([name, text]) => [name, fill(text)])),
  };
}
