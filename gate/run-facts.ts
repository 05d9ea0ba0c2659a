/** What a run's header says about where it ran: commit, host, Node, tool. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { arch, cpus, hostname, platform, release, totalmem } from 'node:os';
import { identityOf } from '../harness/process-identity.ts';
import { type RunHeader, SCHEMA_VERSION } from '../harness/run-store.ts';

interface Request {
  command: string;
  seed: number;
  projectRoot: string;
  configFile?: string | undefined;
}

export function describeRun(request: Request): Omit<RunHeader, 'runId'> {
  const git = describeGit(request.projectRoot);
  return {
    schemaVersion: SCHEMA_VERSION,
    command: request.command,
    argv: process.argv.slice(2),
    startedAt: new Date().toISOString(),
    seed: request.seed,
    tool: describeTool(),
    projectRoot: request.projectRoot,
    ...(request.configFile === undefined ? {} : { configFile: request.configFile }),
    ...(git === undefined ? {} : { git }),
    node: { version: process.version, path: process.execPath },
    host: {
      name: hostname(),
      platform: platform(),
      release: release(),
      arch: arch(),
      cpus: cpus().length,
      memoryBytes: totalmem(),
    },
    writer: identityOf(process.pid) ?? { pid: process.pid },
  };
}

/** Name and version from the nearest package.json: one folder up in a checkout, two in `dist`. */
export function describeTool(): { name: string; version: string } {
  for (const up of ['../package.json', '../../package.json']) {
    const path = new URL(up, import.meta.url);
    if (!existsSync(path)) continue;
    const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name: string; version: string };
    return { name, version };
  }
  throw new Error('package.json of shakedown is missing beside its program: the installation is incomplete');
}

function describeGit(folder: string): { commit: string; dirty: boolean } | undefined {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    }).trim();
  try {
    return { commit: git('rev-parse', 'HEAD'), dirty: git('status', '--porcelain') !== '' };
  } catch {
    return undefined; // no git, no repository, or no commit yet: the header simply does not name one
  }
}
