/** The watch as a user runs it, with its times in seconds: over a real service, its log and its restarts. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { deadlineIn, poll } from '../../harness/deadline.ts';
import { findFreePort } from '../../harness/supervisors/ports.ts';
import type { Ledger } from './ledger.ts';
import { LEDGER_FILE } from './watch.ts';
import { createProject, MISBEHAVING, runProgram, startProgram, type Project } from '../testing/project.ts';

// The program is started several times, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

interface Scene extends AsyncDisposable {
  project: Project;
  /** Starts the service; its output goes to `service.log`. */
  start(): Promise<ChildProcess>;
  ledger(): Ledger;
  /** What the alert command was told, in order. */
  told(): string[];
  log(line: string): void;
}

const EVERY_SECOND = '* * * * * *';
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function createScene(times = EVERY_SECOND, service = 'healthy.js', more: object = {}): Promise<Scene> {
  const port = await findFreePort('127.0.0.1');
  const project = createProject([join(MISBEHAVING, service)]);
  const path = (name: string): string => join(project.folder, name);
  project.write('package.json', '{"type":"module","private":true}');
  project.write(
    'tell.sh',
    'cat >> told.ndjson; echo "$SHAKEDOWN_EVENT $SHAKEDOWN_CHECK $SHAKEDOWN_SUBJECT" >> told.txt\n',
  );
  project.write('service.log', '');
  const watch = {
    url: `http://127.0.0.1:${port}`,
    health: [{ path: '/health' }],
    log: { file: 'service.log' },
    process: { port },
    alert: { command: ['sh', 'tell.sh'] },
    schedules: { health: times, log: times, process: times, report: times },
    ...more,
  };
  project.write('shakedown.config.mjs', `export default ${JSON.stringify({ watch })};\n`);
  return {
    project,
    async start() {
      const out = openSync(path('service.log'), 'a');
      const child = spawn(process.execPath, [service], {
        cwd: project.folder,
        env: { ...process.env, PORT: String(port) },
        stdio: ['ignore', out, out],
      });
      children.push(child);
      const ready = await poll(
        async () => ((await fetch(`http://127.0.0.1:${port}/health`)).ok ? true : undefined),
        deadlineIn(15_000, 'the service'),
      );
      expect(ready.met).toBe(true);
      return child;
    },
    ledger: () => JSON.parse(readFileSync(path(`runs/watch/${LEDGER_FILE}`), 'utf8')) as Ledger,
    told: () =>
      existsSync(path('told.txt')) ? readFileSync(path('told.txt'), 'utf8').trim().split('\n') : [],
    log: (line) => appendFileSync(path('service.log'), `${line}\n`),
    [Symbol.asyncDispose]: async () => project[Symbol.dispose](),
  };
}

function startWatch(scene: Scene, ...words: string[]): ChildProcess {
  const child = startProgram(scene.project, ['watch', ...words]);
  child.stdout.resume();
  child.stderr.resume();
  children.push(child);
  return child;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const waited = await poll(() => (holds() ? true : undefined), deadlineIn(30_000, what), {
    firstMs: 20,
    maxMs: 100,
  });
  expect(waited, what).toMatchObject({ met: true });
}

const count = (scene: Scene, key: string, outcome: 'pass' | 'fail' | 'unknown' | 'skip'): number => {
  try {
    return (scene.ledger().tallies[key]?.buckets ?? []).reduce(
      (sum, bucket) => sum + bucket.counts[outcome],
      0,
    );
  } catch {
    return 0; // not there yet
  }
};
const HEALTH = 'health-answered GET /health';
const STAYED = 'stayed-up process of the service';
const LOG = 'log-clean service.log';

it('passes a service that is well, and replaces its report as it goes', async () => {
  // With room for a busy machine: a second that was missed would be unknown.
  await using scene = await createScene('*/3 * * * * *');
  await scene.start();
  const watch = await runProgram(scene.project, 'watch', '--for', '11s');
  expect(watch.exitCode, watch.stderr).toBe(0);
  expect(count(scene, HEALTH, 'pass')).toBeGreaterThan(1);
  expect(count(scene, LOG, 'pass')).toBeGreaterThan(0);
  const reports = join(scene.project.folder, 'runs/watch/reports');
  expect(readFileSync(join(reports, 'junit.xml'), 'utf8')).toContain('health-answered');
  expect(JSON.parse(readFileSync(join(reports, 'summary.json'), 'utf8'))).toMatchObject({ outcome: 'pass' });
  expect(scene.told()).toEqual([]);
});

it('tells a failure once and its end once, and a restart that nobody announced', async () => {
  await using scene = await createScene();
  const service = await scene.start();
  const watch = startWatch(scene);
  await until('looks', () => count(scene, HEALTH, 'pass') > 0 && count(scene, STAYED, 'pass') > 0);
  service.kill('SIGKILL');
  await until('failures', () => count(scene, HEALTH, 'fail') > 2);
  await scene.start();
  await until('the recovery', () => scene.told().includes(`recovered ${HEALTH}`));
  watch.kill('SIGTERM');
  expect(await once(watch, 'close')).toEqual([143, null]);
  expect(scene.told().filter((line) => line.endsWith(HEALTH))).toEqual([
    `failed ${HEALTH}`,
    `recovered ${HEALTH}`,
  ]);
  expect(scene.told()).toContain(`failed ${STAYED}`);
  const [first = ''] = readFileSync(join(scene.project.folder, 'told.ndjson'), 'utf8').split('\n');
  expect(JSON.parse(first)).toMatchObject({ event: 'failed', verdict: { stage: 'watch', outcome: 'fail' } });
  const again = await runProgram(scene.project, 'watch', '--once');
  expect(again.exitCode, 'a failure of the window stays in the report').toBe(1);
});

it('finds forbidden lines through a rotation and through its own death, each once, and names the gap', async () => {
  await using scene = await createScene();
  await scene.start();
  const first = startWatch(scene);
  await until('the first look at the log', () => scene.ledger().cursor !== undefined);
  first.kill('SIGKILL');
  await once(first, 'close');
  // While nobody watches: a line in the old file, a rotation, a line in the new one.
  scene.log('TypeError: x is not a function (uncaughtException)');
  renameSync(join(scene.project.folder, 'service.log'), join(scene.project.folder, 'service.log.1'));
  scene.log('(node:1) MaxListenersExceededWarning: Possible EventEmitter memory leak');
  await until('more than a second', () => Date.now() - Date.parse(scene.ledger().aliveAt) > 1_500);
  const second = startWatch(scene);
  await until(
    'both',
    () =>
      count(scene, 'log-clean uncaught-exception', 'fail') > 0 &&
      count(scene, 'log-clean listener-leak', 'pass') > 0,
  );
  second.kill('SIGTERM');
  await once(second, 'close');
  expect(count(scene, 'log-clean uncaught-exception', 'fail')).toBe(1);
  expect(count(scene, 'log-clean listener-leak', 'fail')).toBe(1);
  expect(scene.told().filter((line) => line.includes('uncaught'))).toEqual([
    'failed log-clean uncaught-exception',
    'recovered log-clean uncaught-exception',
  ]);
  expect(scene.ledger().gaps).toContainEqual(
    expect.objectContaining({ job: 'watch', expected: false, why: expect.stringContaining('killed') }),
  );
});

it('held up, it knows which looks it missed, and that is unknown', async () => {
  await using scene = await createScene();
  await scene.start();
  const watch = startWatch(scene, '--for', '9s');
  await until('looks', () => count(scene, HEALTH, 'pass') > 1);
  watch.kill('SIGSTOP');
  await until('three missed seconds', () => Date.now() - Date.parse(scene.ledger().aliveAt) > 3_500);
  watch.kill('SIGCONT');
  expect(await once(watch, 'close')).toEqual([3, null]);
  expect(scene.ledger().gaps.filter(({ job, missed }) => job === 'health' && missed >= 2)).not.toEqual([]);
});

it('an announced restart is no finding', async () => {
  await using scene = await createScene();
  const service = await scene.start();
  const watch = startWatch(scene);
  await until('looks', () => count(scene, STAYED, 'pass') > 0);
  const announced = await runProgram(scene.project, 'watch', 'pause', '--for', '60s', '--reason', 'deploy 7');
  expect(announced.exitCode, announced.stderr).toBe(0);
  service.kill('SIGTERM');
  await once(service, 'exit');
  await until('a look at nothing', () => count(scene, HEALTH, 'skip') > 0);
  await scene.start();
  await until('the restart', () => count(scene, STAYED, 'skip') > 0);
  watch.kill('SIGINT');
  expect(await once(watch, 'close')).toEqual([130, null]);
  const { tallies } = scene.ledger();
  expect([tallies[STAYED]?.worst, tallies[HEALTH]?.worst]).toEqual([{}, {}]);
  expect(scene.told()).toEqual([]);
});

/** A day of 24 seconds: each of its 48 parts is half a second. */
const SHORT_DAY = { windowMs: 24_000, growth: { descriptors: 5 } };
const DESCRIPTORS = 'descriptors-stable process of the service';

it.each([
  ['leaks-descriptors.js', 'fail'],
  ['healthy.js', 'pass'],
] as const)('in a shortened day, what %s opens and does not close is a %s', async (service, outcome) => {
  await using scene = await createScene(EVERY_SECOND, service, SHORT_DAY);
  await scene.start();
  const watch = startWatch(scene);
  await until(
    `a ${outcome} of the growth`,
    () => scene.ledger().tallies[DESCRIPTORS]?.last.outcome === outcome,
  );
  watch.kill('SIGTERM');
  await once(watch, 'close');
});

it('in a shortened day, a failure of the day before is no longer in the report', async () => {
  await using scene = await createScene(EVERY_SECOND, 'healthy.js', { windowMs: 5_000 });
  const service = await scene.start();
  const watch = startWatch(scene);
  await until('a look', () => count(scene, HEALTH, 'pass') > 0);
  service.kill('SIGKILL');
  await until('a failure', () => count(scene, HEALTH, 'fail') > 0);
  await scene.start();
  await until('the day after', () => count(scene, HEALTH, 'fail') === 0 && count(scene, HEALTH, 'pass') > 0);
  watch.kill('SIGTERM');
  await once(watch, 'close');
  expect(scene.told().filter((line) => line.endsWith(HEALTH))).toEqual([
    `failed ${HEALTH}`,
    `recovered ${HEALTH}`,
  ]);
});
