/** The contract wrapper catches supervisors that break it. */
import { describe, expect, it } from 'vitest';
import { deadlineIn } from '../deadline.ts';
import { ContractBreach, withContract } from './contract.ts';
import type { Instance, Supervisor } from './supervisor.ts';

const NEVER = deadlineIn(10, 'nothing');

function supervisorWith(instance: Partial<Instance>, supervisor: Partial<Supervisor> = {}): Supervisor {
  const whole: Instance = {
    pid: 4242,
    host: '127.0.0.1',
    command: ['x'],
    node: 'v24.1.0',
    logStart: 0,
    ready: () => Promise.resolve({ kind: 'ready', afterMs: 1, by: 'x' }),
    signal: async () => ({ sent: true, atMs: 0 }),
    exit: () => undefined,
    exited: () => Promise.resolve({ kind: 'still-running', atMs: 0, reason: 'x' }),
    logs: (cursor) => ({ lines: [], cursor }),
    outputPath: async () => ({
      stdout: { readable: true, value: true },
      stderr: { readable: true, value: true },
    }),
    probePort: async () => ({ free: true }),
    portHolder: async () => 'nobody',
    ...instance,
  };
  return withContract({
    kind: 'broken',
    start: () => Promise.resolve(whole),
    plantLine: async () => undefined,
    survivors: async () => ({ readable: true, value: [] }),
    endSurvivors: () => Promise.resolve([]),
    dispose: () => Promise.resolve(),
    ...supervisor,
  });
}

describe('the contract catches', () => {
  it.each<[string, Partial<Instance>, (instance: Instance) => unknown]>([
    [
      'a signal sent after the exit',
      { exit: () => ({ code: 0, signal: null, atMs: 0 }) },
      (it) => it.signal('SIGTERM'),
    ],
    [
      'an exit without one',
      {
        ready: () =>
          Promise.resolve({ kind: 'exited', afterMs: 1, exit: { code: 0, signal: null }, reason: 'x' }),
      },
      (it) => it.ready(NEVER),
    ],
    [
      'a refusal without a reason',
      { ready: () => Promise.resolve({ kind: 'not-ready', afterMs: 1, reason: '' }) },
      (it) => it.ready(NEVER),
    ],
    ['an end that it denies', { exit: () => ({ code: 0, signal: null, atMs: 0 }) }, (it) => it.exited(NEVER)],
    ['a log that goes back', { logs: () => ({ lines: [], cursor: 5 }) }, (it) => it.logs(6)],
  ])('%s', async (_what, broken, use) => {
    const instance = await supervisorWith(broken).start();
    await expect(async () => use(instance)).rejects.toThrow(ContractBreach);
  });

  it('an instance that is the harness itself', async () => {
    await expect(supervisorWith({ pid: process.pid }).start()).rejects.toThrow(ContractBreach);
  });

  it('a disposal that leaves the instance running', async () => {
    const supervisor = supervisorWith({});
    await supervisor.start();
    await expect(supervisor.dispose()).rejects.toThrow(/dispose came back while pid 4242 runs/);
  });

  it('two starts at once', async () => {
    const supervisor = supervisorWith({});
    const both = await Promise.allSettled([supervisor.start(), supervisor.start()]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});
