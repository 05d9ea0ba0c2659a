/**
 * The supervisor contract as tests, for every implementation: `contract.test.ts` runs them over spawned processes,
 * `deployment/machine/` over units of a real systemd. Tests only.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { deadlineIn } from '../deadline.ts';
import { ContractBreach } from './contract.ts';
import { MANAGER_PREFIX } from './systemd-log.ts';
import type { TestSupervisor } from './test-supervisor.ts';

/** A supervisor over a service of `fixtures/services`. */
export type Supervise = (file: string) => TestSupervisor | Promise<TestSupervisor>;

interface Given {
  kind: string;
  supervise: (file?: string) => Promise<TestSupervisor>;
}

const soon = (what: string) => deadlineIn(10_000, what);

const CASES: Record<string, (given: Given) => Promise<void>> = {
  'goes through a life: started, ready, signalled, exited': async ({ supervise, kind }) => {
    const { supervisor } = await supervise();
    expect(supervisor.kind).toBe(kind);
    const instance = await supervisor.start();
    expect(instance.exit()).toBeUndefined();
    expect(await instance.ready(soon('readiness'))).toMatchObject({
      kind: 'ready',
      by: expect.stringContaining('GET /health 200'),
    });
    expect(await instance.outputPath()).toEqual({
      stdout: { readable: true, value: true },
      stderr: { readable: true, value: true },
    });
    expect(await instance.signal('SIGTERM')).toMatchObject({ sent: true });
    expect(await instance.exited(soon('exit'))).toMatchObject({
      kind: 'exited',
      exit: { code: 0, signal: null },
    });
  },
  'refuses a second start while an instance runs, and allows it after the exit': async ({ supervise }) => {
    const { supervisor } = await supervise();
    const first = await supervisor.start();
    await expect(supervisor.start()).rejects.toThrow(ContractBreach);
    await first.signal('SIGKILL');
    expect(await first.exited(soon('exit'))).toMatchObject({ exit: { code: null, signal: 'SIGKILL' } });
    const second = await supervisor.start();
    expect(second.pid).not.toBe(first.pid);
    expect(second.port).toBe(first.port);
  },
  'sends nothing to a process that has exited': async ({ supervise }) => {
    const { supervisor } = await supervise();
    const instance = await supervisor.start();
    await instance.signal('SIGKILL');
    await instance.exited(soon('exit'));
    expect(await instance.signal('SIGTERM')).toEqual({
      sent: false,
      reason: expect.stringContaining('has exited'),
    });
    expect(await instance.exited(soon('exit'))).toMatchObject({ kind: 'exited' });
  },
  'can be disposed of before a start, twice, and while an instance runs': async ({ supervise }) => {
    const { supervisor, isRunning } = await supervise();
    await supervisor.dispose();
    const instance = await supervisor.start();
    await supervisor.dispose();
    await supervisor.dispose();
    expect(instance.exit()).toBeDefined();
    expect(await isRunning(instance.pid)).toBe(false);
  },
  'says still-running when the deadline passes, and what it waited for': async ({ supervise }) => {
    const { supervisor } = await supervise();
    const instance = await supervisor.start();
    const ended = await instance.exited(deadlineIn(20, 'the service to exit'));
    expect(ended).toMatchObject({
      kind: 'still-running',
      reason: expect.stringContaining('20 ms for the service to exit'),
    });
  },
  'stops waiting when it is interrupted': async ({ supervise }) => {
    const { supervisor } = await supervise('never-ready.js');
    const instance = await supervisor.start();
    const interruption = AbortSignal.timeout(100);
    const [readiness, ended] = await Promise.all([
      instance.ready(soon('readiness'), interruption),
      instance.exited(soon('exit'), interruption),
    ]);
    expect(readiness).toMatchObject({ kind: 'not-ready', reason: expect.stringContaining('interrupted') });
    expect(ended).toMatchObject({ kind: 'still-running', reason: expect.stringContaining('interrupted') });
  },
  'reads the log by a cursor, without gap or repetition, a planted line included': async ({ supervise }) => {
    const { supervisor, log } = await supervise();
    const instance = await supervisor.start();
    await instance.ready(soon('readiness'));
    const first = instance.logs(instance.logStart);
    await supervisor.plantLine('planted');
    const second = instance.logs(first.cursor);
    await instance.signal('SIGTERM');
    await instance.exited(soon('exit'));
    const third = instance.logs(second.cursor);
    const lines = [...first.lines, ...second.lines, ...third.lines];
    // What systemd says about a unit stands in its log too.
    expect(lines.filter((line) => !line.startsWith(MANAGER_PREFIX))).toEqual([
      `listening on ${instance.port}`,
      'planted',
      'SIGTERM received, draining',
      'stopped',
    ]);
    expect(log()).toBe(`${lines.join('\n')}\n`);
  },
  'refuses to plant before the first start': async ({ supervise }) => {
    const { supervisor } = await supervise();
    await expect(supervisor.plantLine('x')).rejects.toThrow(ContractBreach);
  },
};

export function describeContract(kind: string, create: Supervise): void {
  let current: TestSupervisor | undefined;
  const supervise = async (file = 'healthy.js'): Promise<TestSupervisor> => (current = await create(file));

  afterEach(async () => {
    await current?.end();
    current = undefined;
  });

  describe(`${kind} supervisor`, () => {
    it.each(Object.keys(CASES))('%s', async (name) => CASES[name]?.({ kind, supervise }));
  });
}
