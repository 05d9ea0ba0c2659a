/** The supervisor contract, over every implementation. */
import { afterEach, describe, expect, it } from 'vitest';
import { deadlineIn } from '../deadline.ts';
import { ContractBreach } from './contract.ts';
import { readStat } from './proc.ts';
import { superviseFixture } from './test-supervisor.ts';
import type { TestSupervisor } from './test-supervisor.ts';

/** One line for each kind of supervisor. */
const IMPLEMENTATIONS: [kind: string, supervise: (file: string) => TestSupervisor][] = [
  ['process', superviseFixture],
];

const soon = (what: string) => deadlineIn(10_000, what);
let current: TestSupervisor | undefined;

afterEach(async () => {
  await current?.end();
  current = undefined;
});

function supervise(create: (file: string) => TestSupervisor, file = 'healthy.js'): TestSupervisor {
  current = create(file);
  return current;
}

describe.each(IMPLEMENTATIONS)('%s supervisor', (kind, create) => {
  it('goes through a life: started, ready, signalled, exited', async () => {
    const { supervisor } = supervise(create);
    expect(supervisor.kind).toBe(kind);
    const instance = await supervisor.start();
    expect(instance.exit()).toBeUndefined();
    expect(await instance.ready(soon('readiness'))).toMatchObject({ kind: 'ready', by: 'GET /health 200' });
    expect(await instance.outputPath()).toEqual({
      stdout: { readable: true, value: true },
      stderr: { readable: true, value: true },
    });
    expect(await instance.signal('SIGTERM')).toMatchObject({ sent: true });
    expect(await instance.exited(soon('exit'))).toMatchObject({
      kind: 'exited',
      exit: { code: 0, signal: null },
    });
  });

  it('refuses a second start while an instance runs, and allows it after the exit', async () => {
    const { supervisor } = supervise(create);
    const first = await supervisor.start();
    await expect(supervisor.start()).rejects.toThrow(ContractBreach);
    await first.signal('SIGKILL');
    expect(await first.exited(soon('exit'))).toMatchObject({ exit: { code: null, signal: 'SIGKILL' } });
    const second = await supervisor.start();
    expect(second.pid).not.toBe(first.pid);
    expect(second.port).toBe(first.port);
  });

  it('sends nothing to a process that has exited', async () => {
    const { supervisor } = supervise(create);
    const instance = await supervisor.start();
    await instance.signal('SIGKILL');
    await instance.exited(soon('exit'));
    expect(await instance.signal('SIGTERM')).toEqual({
      sent: false,
      reason: expect.stringContaining('has exited'),
    });
    expect(await instance.exited(soon('exit'))).toMatchObject({ kind: 'exited' });
  });

  it('can be disposed of before a start, twice, and while an instance runs', async () => {
    const { supervisor } = supervise(create);
    await supervisor.dispose();
    const instance = await supervisor.start();
    await supervisor.dispose();
    await supervisor.dispose();
    expect(instance.exit()).toBeDefined();
    expect(readStat(instance.pid)).toBeUndefined();
  });

  it('says still-running when the deadline passes, and what it waited for', async () => {
    const { supervisor } = supervise(create);
    const instance = await supervisor.start();
    const ended = await instance.exited(deadlineIn(20, 'the service to exit'));
    expect(ended).toMatchObject({
      kind: 'still-running',
      reason: expect.stringContaining('20 ms for the service to exit'),
    });
  });

  it('stops waiting when it is interrupted', async () => {
    const { supervisor } = supervise(create, 'never-ready.js');
    const instance = await supervisor.start();
    const interruption = AbortSignal.timeout(100);
    const [readiness, ended] = await Promise.all([
      instance.ready(soon('readiness'), interruption),
      instance.exited(soon('exit'), interruption),
    ]);
    expect(readiness).toMatchObject({ kind: 'not-ready', reason: expect.stringContaining('interrupted') });
    expect(ended).toMatchObject({ kind: 'still-running', reason: expect.stringContaining('interrupted') });
  });

  it('reads the log by a cursor, without gap or repetition, a planted line included', async () => {
    const { supervisor, log } = supervise(create);
    const instance = await supervisor.start();
    await instance.ready(soon('readiness'));
    const first = instance.logs(instance.logStart);
    await supervisor.plantLine('planted');
    const second = instance.logs(first.cursor);
    await instance.signal('SIGTERM');
    await instance.exited(soon('exit'));
    const third = instance.logs(second.cursor);
    const lines = [...first.lines, ...second.lines, ...third.lines];
    expect(lines).toEqual([
      `listening on ${instance.port}`,
      'planted',
      'SIGTERM received, draining',
      'stopped',
    ]);
    expect(log()).toBe(`${lines.join('\n')}\n`);
  });

  it('refuses to plant before the first start', async () => {
    const { supervisor } = supervise(create);
    await expect(supervisor.plantLine('x')).rejects.toThrow(ContractBreach);
  });
});
