/**
 * How a soak ends when it is ended from outside, in the middle of each kind of scenario: nothing is left running, the run
 * can be read, and the exit code is true. The restart loop has `interrupted.test.ts`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { deadlineIn, poll } from '../harness/deadline.ts';
import { readRun } from '../harness/read-run.ts';
import { moodsConfig } from '../soak/fixtures/run-moods.ts';
import {
  latestRun,
  MISBEHAVING,
  misbehavingProject,
  processesOf,
  type Project,
  PROGRAM,
  runProgram,
  startProgram,
} from './testing/project.ts';
import { stopTwice } from './testing/schedule.ts';

// The program is started several times, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

interface Kind {
  args: string[];
  /** Where it can be seen that it is in the middle. */
  file: string;
  sign: string;
  config?: object;
}

const moods = moodsConfig('service', ['healthy', 'silent']);
const atHome = (words: string[]): string[] => words.map((word) => word.replace('fixtures/services/', ''));

const KINDS = {
  explore: {
    args: ['soak', '--explore', '--budget', '60s', '--lanes', '2'],
    file: 'explore.ndjson',
    sign: 'schedule-told',
  },
  replay: {
    args: ['soak', '--replay', 'twice.json', '--times', '50'],
    file: 'explore.ndjson',
    sign: 'schedule-told',
  },
  fault: {
    args: ['soak', '--scenario', 'second-signal'],
    file: 'scenarios/second-signal.ndjson',
    sign: 'instance-started',
  },
  moods: {
    args: ['soak', '--scenario', 'companion-moods'],
    file: 'moods.ndjson',
    sign: 'mood-set',
    config: {
      soak: moods.soak,
      service: { ...moods.service, command: atHome(moods.service?.command ?? []), node: process.execPath },
      companions: (moods.companions ?? []).map((each) => ({ ...each, command: atHome(each.command) })),
    },
  },
} satisfies Record<string, Kind>;

const SCHEDULE = stopTwice(10);

function projectFor({ config = {} }: Kind): Project {
  const project = misbehavingProject('healthy', config, [join(MISBEHAVING, 'moods')]);
  project.write('twice.json', JSON.stringify(SCHEDULE));
  return project;
}

const seen = (project: Project, { file, sign }: Kind): boolean => {
  const run = latestRun(project);
  const path = run === undefined ? '' : join(run, 'stages', 'soak', file);
  return existsSync(path) && readFileSync(path, 'utf8').includes(sign);
};

async function expectNobodyLeft(project: Project): Promise<void> {
  const gone = await poll(
    () => (processesOf(project).length === 0 ? true : undefined),
    deadlineIn(8_000, 'the end of all'),
  );
  expect(gone, processesOf(project).join('\n')).toMatchObject({ met: true });
}

/** Each kind in one way with every test run; in every way with `npm run test:endings`. */
const everyWay = process.env['ALL_ENDINGS'] === 'yes';
const ENDINGS = [
  ['explore', 'SIGINT', 130],
  ['replay', 'SIGTERM', 143],
  ['fault', 'SIGKILL', null],
  ['moods', 'SIGTERM', 143],
] as const;
const OTHER_ENDINGS = [
  ['explore', 'SIGTERM', 143],
  ['explore', 'SIGKILL', null],
  ['replay', 'SIGINT', 130],
  ['replay', 'SIGKILL', null],
  ['fault', 'SIGINT', 130],
  ['fault', 'SIGTERM', 143],
  ['moods', 'SIGINT', 130],
  ['moods', 'SIGKILL', null],
] as const;

describe('ended in the middle of', () => {
  it.each([...ENDINGS, ...(everyWay ? OTHER_ENDINGS : [])])('%s by %s', async (name, signal, exitCode) => {
    const kind: Kind = KINDS[name];
    using project = projectFor(kind);
    const program = startProgram(project, kind.args);
    program.stdout.resume();
    program.stderr.resume();
    const middle = await poll(
      () => (seen(project, kind) ? true : undefined),
      deadlineIn(40_000, 'the middle of it'),
    );
    expect(middle).toMatchObject({ met: true });
    program.kill(signal);
    const [code] = (await once(program, 'close')) as [number | null];
    expect(code).toBe(exitCode);
    await expectNobodyLeft(project);
    const run = readRun(latestRun(project) as string);
    expect(run.damages).toEqual([]);
    if (exitCode === null) {
      expect(run.state).toBe('cut off');
      const report = await runProgram(project, 'report', 'runs/latest');
      expect([report.exitCode, report.stderr]).toEqual([3, expect.stringContaining('the run was cut off')]);
    } else expect(run.end).toMatchObject({ exitCode, interruptedBy: signal, outcome: 'unknown' });
  });
});

/** A mount of our own, that nobody else sees and that goes with its process, is for root. */
const canMount =
  process.platform === 'linux' &&
  spawnSync('unshare', ['--mount', '--propagation', 'private', 'mount', '-t', 'tmpfs', 'none', '/mnt'])
    .status === 0;

/** Fills the disk once the soak is in its middle, waits for its end, and saves what can be read by then. */
const FULL_DISK = `
mount -t tmpfs -o size="$1" none runs || exit 99
shift; file="$1"; shift
"$@" & program=$!
tries=0
until [ -s "$file" ] || [ $tries -ge 600 ]; do sleep 0.1; tries=$((tries + 1)); done
dd if=/dev/zero of=runs/ballast bs=1k 2>/dev/null
wait $program; code=$?
rm runs/ballast
cp --recursive --no-dereference runs saved
exit $code
`;

describe.runIf(canMount)('a disk that is full under runs/', () => {
  it.each([
    [
      '8m',
      'with room for what has to be said',
      ['soak', '--cycles', '500', '--scenario', 'restart-loop'],
      'observations.ndjson',
    ],
    ['8m', 'with room for what has to be said', KINDS.explore.args, 'explore.ndjson'],
    ['200k', 'without any', ['soak', '--cycles', '500', '--scenario', 'restart-loop'], 'observations.ndjson'],
  ])('of %s, %s: %j', async (size, _what, args, file) => {
    using project = misbehavingProject('healthy', { runs: 'runs' });
    project.write('full-disk.sh', FULL_DISK);
    project.makeFolder('runs');
    const { code, stderr } = await runOnFullDisk(project, size, join('runs/latest/stages/soak', file), args);
    expect(code, stderr).toBe(3);
    expect(stderr).toMatch(/disk of .* is full|no space left on device/);
    expect(stderr).not.toContain('crashed');
    await expectNobodyLeft(project);
    const run = readRun(join(project.folder, 'saved', 'latest'));
    if (size === '8m') expect(run.end).toMatchObject({ exitCode: 3, outcome: 'unknown' });
    else expect(run.state).toBe('cut off');
  });

  it('does not end a watch, which says what it could not write', async () => {
    const watch = { log: { file: 'service.log' }, schedules: { log: '* * * * * *', report: '* * * * * *' } };
    using project = misbehavingProject('healthy', { runs: 'runs', watch });
    project.write('service.log', '');
    project.write('full-disk.sh', FULL_DISK);
    project.makeFolder('runs');
    const { code, stderr } = await runOnFullDisk(project, '2m', 'runs/watch/ledger.json', [
      'watch',
      '--for',
      '6s',
    ]);
    expect(code, stderr).toBe(3);
    expect(stderr).toContain('what was seen could not be written');
    expect(stderr).not.toContain('crashed');
    await expectNobodyLeft(project);
  });
});

async function runOnFullDisk(
  project: Project,
  size: string,
  file: string,
  args: readonly string[],
): Promise<{ code: number | null; stderr: string }> {
  const words = ['sh', 'full-disk.sh', size, file, process.execPath, PROGRAM, ...args];
  const scene = spawn('unshare', ['--mount', '--propagation', 'private', ...words], {
    cwd: project.folder,
    env: { ...process.env, CI: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  scene.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(scene, 'close')) as [number | null];
  return { code, stderr };
}
