/** A harness that is killed leaves nothing behind. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deadlineIn, poll } from '../deadline.ts';
import { RUN_MARK_VARIABLE } from '../stage.ts';
import { carriesVariable, listProcesses, readProcText } from './proc.ts';
import { REPOSITORY } from './test-supervisor.ts';

/** A harness of its own: starts a service, says who and where it is, and waits to be killed. */
const HARNESS = `
import { deadlineIn } from './harness/deadline.ts';
import { superviseFixture } from './harness/supervisors/test-supervisor.ts';
const { supervisor, runMark } = superviseFixture(process.argv[1], { env: { PORT: '{port}', WHERE: '{scratch}' } });
const instance = await supervisor.start();
const readiness = await instance.ready(deadlineIn(10_000, 'readiness'));
console.log(JSON.stringify({ runMark, pid: instance.pid, ready: readiness.kind }));
setInterval(() => {}, 1000);
`;

interface Harness {
  runMark: string;
  pid: number;
  ready: string;
  kill(signal: NodeJS.Signals): void;
}

let temporary: string;
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'shakedown-guardian-'));
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

async function startHarness(service: string): Promise<Harness> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', HARNESS, service], {
    cwd: REPOSITORY,
    stdio: ['ignore', 'pipe', 'inherit'],
    // What the killed harness leaves of its own, its log, is the test's to remove.
    env: { ...process.env, TMPDIR: temporary },
  });
  for await (const line of createInterface({ input: child.stdout })) {
    return { ...(JSON.parse(line) as Omit<Harness, 'kill'>), kill: (signal) => child.kill(signal) };
  }
  throw new Error('the harness ended without a word');
}

const carriers = (runMark: string) =>
  listProcesses().filter(({ pid }) => carriesVariable(pid, RUN_MARK_VARIABLE, runMark));

describe('guardian', () => {
  it.each([
    ['ignores-sigterm.js', 'SIGKILL'],
    ['leaves-child.js', 'SIGKILL'],
    ['healthy.js', 'SIGTERM'],
  ] as const)('ends %s when its harness dies of %s, and removes its folder', async (service, signal) => {
    const harness = await startHarness(service);
    expect(harness.ready).toBe('ready');
    expect(carriers(harness.runMark).length).toBeGreaterThan(0);
    const environment = readProcText(`/proc/${harness.pid}/environ`) ?? '';
    const scratch = /\0WHERE=([^\0]+)/.exec(`\0${environment}`)?.[1] ?? '';
    expect(existsSync(scratch)).toBe(true);
    harness.kill(signal);
    const gone = await poll(
      () => (carriers(harness.runMark).length === 0 && !existsSync(scratch) ? true : undefined),
      deadlineIn(8_000, 'everything to be gone'),
    );
    expect(gone.met).toBe(true);
  });
});
