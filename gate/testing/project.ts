/** Projects for the tests of the program: a folder of their own, the command run in it as a user would, what it left. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunSummary } from '../../harness/renderers/summary.ts';
import { runWarm } from './warm-program.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
export const PROGRAM = join(REPOSITORY, 'bin', 'shakedown.js');
export const MISBEHAVING = join(REPOSITORY, 'fixtures', 'services');

export interface Project extends Disposable {
  folder: string;
  write(file: string, text: string): void;
  makeFolder(name: string): void;
}

/** What the program printed and left. */
export interface Outcome {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** The newest run's summary; absent when there is none. */
  summary: RunSummary | undefined;
  reports: string[];
}

/** A folder with copies of these files or folders; removed when disposed. */
export function createProject(sources: string[] = []): Project {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'shakedown-project-')));
  for (const source of sources) cpSync(source, join(folder, basename(source)), { recursive: true });
  return {
    folder,
    write: (file, text) => writeFileSync(join(folder, file), text),
    makeFolder: (name) => void mkdirSync(join(folder, name)),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A project around one misbehaving service of the fixtures, with a configuration for a short soak. */
export function misbehavingProject(name: string, config: object = {}, more: string[] = []): Project {
  const project = createProject([join(MISBEHAVING, `${name}.js`), ...more]);
  project.write('package.json', '{"type":"module","private":true}');
  project.write(
    'shakedown.config.mjs',
    `export default ${JSON.stringify({ ...shortSoak(name), ...config })};\n`,
  );
  return project;
}

export function shortSoak(name: string): { service: object; routes: false; deployment: false; soak: object } {
  return {
    service: {
      command: ['node', `${name}.js`],
      node: process.execPath,
      env: { PORT: '{port}' },
      readiness: { http: '/health' },
      readyWithinMs: 4_000,
      exitWithinMs: 3_000,
    },
    routes: false,
    deployment: false,
    soak: {
      cycles: 2,
      scenarios: ['restart-loop'],
      load: { beforeStopMs: 200, requests: [{ path: '/health' }] },
    },
  };
}

export function startProgram(project: Project, args: string[]) {
  return spawn(process.execPath, [PROGRAM, ...args], {
    cwd: project.folder,
    env: { ...process.env, CI: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs the program to its end. */
export async function runProgram(project: Project, ...args: string[]): Promise<Outcome> {
  const child = startProgram(project, args);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, ...output, ...readReports(project) };
}

/** The same in a process that has run others before: for a hundred runs that start nothing. */
export async function runWarmProgram(project: Project, args: string[]): Promise<Omit<Outcome, 'stdout'>> {
  const answer = await runWarm({ folder: project.folder, args });
  return { ...answer, ...readReports(project) };
}

/** Folder of the newest run. */
export function latestRun(project: Project): string | undefined {
  return ['runs/latest', '.shakedown/runs/latest']
    .map((path) => join(project.folder, path))
    .find((path) => existsSync(path));
}

function readReports(project: Project): { summary: RunSummary | undefined; reports: string[] } {
  const run = latestRun(project);
  const folder = run === undefined ? undefined : resolve(run, 'reports');
  if (folder === undefined || !existsSync(folder)) return { summary: undefined, reports: [] };
  const path = join(folder, 'summary.json');
  return {
    summary: existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as RunSummary) : undefined,
    reports: readdirSync(folder).sort(),
  };
}

/** Living processes that were started in the project's folder or name it: what a command must not leave behind. */
export function processesOf(project: Project): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        const zombie = / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/\(.*\)/, ''));
        const ours = command.includes(project.folder) || realpathSync(`/proc/${pid}/cwd`) === project.folder;
        return ours && !zombie && environment !== '' ? [`${pid} ${command}`] : [];
      } catch {
        return []; // ended while it was looked at
      }
    });
}
