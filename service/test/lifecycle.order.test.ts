import { describe, expect, it, vi } from 'vitest';
import { Lifecycle, type Subsystem } from '../src/lifecycle.ts';
import { readableLog } from './subjects.ts';

const forever = () => new Promise<void>(() => {});

/** Three subsystems that write down what happens to them; `faults` replaces single methods. */
function crew(faults: Record<string, Partial<Subsystem>> = {}) {
  const events: string[] = [];
  const subsystems = ['database', 'autopilot', 'http'].map((name): Subsystem => {
    const record = (what: string) => async () => {
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${what} ${name}`);
    };
    return { name, start: record('start'), drain: record('drain'), stop: record('stop'), ...faults[name] };
  });
  return { events, subsystems };
}

function lifecycleOf(
  faults: Record<string, Partial<Subsystem>> = {},
  { deadlineMs = 2_000, startDeadlineMs = 2_000 } = {},
) {
  const { log, lines } = readableLog();
  const lifecycle = new Lifecycle({ log, startDeadlineMs, deadlineMs });
  const { events, subsystems } = crew(faults);
  const messages = () => lines.map(({ msg }) => msg);
  return { lifecycle, lines, events, subsystems, messages };
}

async function runAndStop({ lifecycle, subsystems }: ReturnType<typeof lifecycleOf>) {
  const exit = lifecycle.run(subsystems);
  await expect.poll(() => lifecycle.phase).toBe('ready');
  await lifecycle.shutdown('SIGTERM');
  return exit;
}

describe('a run without faults', () => {
  it('starts in order, drains, stops in reverse, and exits 0', async () => {
    const subject = lifecycleOf();
    expect(subject.lifecycle.phase).toBe('starting');
    expect(await runAndStop(subject)).toBe(0);
    expect(subject.events).toEqual([
      'start database',
      'start autopilot',
      'start http',
      'drain http',
      'drain autopilot',
      'drain database',
      'stop http',
      'stop autopilot',
      'stop database',
    ]);
    expect(subject.lifecycle.phase).toBe('stopped');
    expect(subject.messages().filter((msg) => /^(ready|draining|stopped)$/.test(msg))).toEqual([
      'ready',
      'draining',
      'stopped',
    ]);
  });

  it('is draining, not ready, while it drains', async () => {
    let phase: string | undefined;
    const subject = lifecycleOf({ http: { drain: async () => void (phase = subject.lifecycle.phase) } });
    await runAndStop(subject);
    expect(phase).toBe('draining');
  });

  it('drains all at the same time: one that waits for what another ends is not in its way', async () => {
    const ended = Promise.withResolvers<void>();
    const subject = lifecycleOf({
      http: { drain: () => ended.promise },
      database: { drain: async () => ended.resolve() },
    });
    expect(await runAndStop(subject)).toBe(0);
    expect(subject.messages()).not.toContain('subsystem did not drain');
  });

  it('tells whoever asked when it is ready, with where, and when it drains, with why', async () => {
    const { log } = readableLog();
    const told: string[][] = [];
    const lifecycle = new Lifecycle({
      log,
      startDeadlineMs: 2_000,
      deadlineMs: 2_000,
      onPhase: (...words) => void told.push(words),
    });
    const http = { ...crew().subsystems[0], name: 'http', address: 'http://127.0.0.1:20000' } as Subsystem;
    const exit = lifecycle.run([http]);
    await expect.poll(() => lifecycle.phase).toBe('ready');
    await lifecycle.shutdown('SIGTERM');
    expect(await exit).toBe(0);
    expect(told).toEqual([
      ['ready', 'http://127.0.0.1:20000'],
      ['draining', 'SIGTERM'],
    ]);
  });

  it('tells the address in the ready line', async () => {
    const subject = lifecycleOf({ http: { address: 'http://127.0.0.1:20000' } });
    await runAndStop(subject);
    expect(subject.lines.find(({ msg }) => msg === 'ready')).toMatchObject({
      address: 'http://127.0.0.1:20000',
    });
  });
});

describe('a start that fails', () => {
  const refuse = { start: () => Promise.reject(new Error('no port')) };

  it('unwinds in reverse, the failed one included, and exits 1', async () => {
    const { lifecycle, subsystems, events, lines } = lifecycleOf({ http: refuse });
    expect(await lifecycle.run(subsystems)).toBe(1);
    expect(events).toEqual([
      'start database',
      'start autopilot',
      'stop http',
      'stop autopilot',
      'stop database',
    ]);
    expect(lines.find(({ level }) => level === 60)).toMatchObject({
      msg: 'subsystem http did not start',
      err: { message: 'no port' },
    });
  });

  it('leaves alone what never began to start', async () => {
    const { lifecycle, subsystems, events, messages } = lifecycleOf({
      autopilot: {
        start: () => {
          throw new Error('thrown, not rejected');
        },
      },
    });
    expect(await lifecycle.run(subsystems)).toBe(1);
    expect(events).toEqual(['start database', 'stop autopilot', 'stop database']);
    expect(messages()).not.toContain('ready');
  });
});

describe('a start that never ends', () => {
  it('is given up at its deadline, by name; what began is stopped, exit 1', async () => {
    const { lifecycle, subsystems, events, lines } = lifecycleOf(
      { autopilot: { start: forever } },
      { startDeadlineMs: 100, deadlineMs: 300 },
    );
    expect(await lifecycle.run(subsystems)).toBe(1);
    expect(events).toEqual(['start database', 'stop autopilot', 'stop database']);
    expect(lines.find(({ level }) => level === 60)).toMatchObject({
      msg: 'the start is given up',
      err: { message: 'subsystem autopilot has not started within 100 ms' },
    });
  });

  it('is not held up by a deadline that has not passed, once it is told to stop', async () => {
    const { lifecycle, subsystems, events } = lifecycleOf(
      { autopilot: { start: forever } },
      { startDeadlineMs: 60_000, deadlineMs: 300 },
    );
    const [set, clear] = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'clearTimeout')];
    const exit = lifecycle.run(subsystems);
    await expect.poll(() => events).toContain('start database');
    await lifecycle.shutdown('SIGTERM');
    expect(await exit).toBe(1);
    const late = set.mock.results[set.mock.calls.findIndex(([, ms]) => ms === 60_000)]
      ?.value as NodeJS.Timeout;
    expect(clear).toHaveBeenCalledWith(late);
    vi.restoreAllMocks();
  });
});

describe('a stop that fails', () => {
  const faults: Record<string, () => Promise<void>> = {
    throws: () => {
      throw new Error('thrown');
    },
    rejects: () => Promise.reject(new Error('rejected')),
    hangs: forever,
  };

  for (const [fault, stop] of Object.entries(faults)) {
    for (const name of ['database', 'autopilot', 'http']) {
      it(`that ${fault} in ${name} keeps none of the others from being stopped`, async () => {
        const subject = lifecycleOf({ [name]: { stop } }, { deadlineMs: 400 });
        expect(await runAndStop(subject)).toBe(1);
        const others = ['http', 'autopilot', 'database'].filter((other) => other !== name);
        expect(subject.events.filter((event) => event.startsWith('stop'))).toEqual(
          others.map((other) => `stop ${other}`),
        );
        expect(subject.lines.filter(({ level }) => level === 50)).toMatchObject([{ subsystem: name }]);
      });
    }
  }

  it('in all of them at once, hanging in drain and stop, still ends before the deadline', async () => {
    const hanging = { drain: forever, stop: forever };
    const subject = lifecycleOf(
      { database: hanging, autopilot: hanging, http: hanging },
      { deadlineMs: 500 },
    );
    const begunAt = performance.now();
    expect(await runAndStop(subject)).toBe(1);
    expect(performance.now() - begunAt).toBeLessThan(900);
    expect(subject.lines.filter(({ level }) => level === 50)).toHaveLength(6);
  });
});

describe('requests to stop', () => {
  it('a second one is logged and ignored', async () => {
    const subject = lifecycleOf();
    const exit = subject.lifecycle.run(subject.subsystems);
    await expect.poll(() => subject.lifecycle.phase).toBe('ready');
    await Promise.all([subject.lifecycle.shutdown('SIGTERM'), subject.lifecycle.shutdown('SIGINT')]);
    expect(await exit).toBe(0);
    expect(subject.events.filter((event) => event === 'stop database')).toHaveLength(1);
    expect(subject.lines.find(({ msg }) => msg.startsWith('already stopping'))).toMatchObject({
      reason: 'SIGINT',
    });
  });

  it('during a start: the start under way ends, the rest never begins, what began is stopped, exit 0', async () => {
    const slow = Promise.withResolvers<void>();
    const subject = lifecycleOf({ autopilot: { start: () => slow.promise } });
    const exit = subject.lifecycle.run(subject.subsystems);
    await expect.poll(() => subject.events).toContain('start database');
    const over = subject.lifecycle.shutdown('SIGTERM');
    expect(subject.events).not.toContain('stop autopilot');
    slow.resolve();
    await over;
    expect(await exit).toBe(0);
    expect(subject.events).toEqual(['start database', 'stop autopilot', 'stop database']);
    expect(subject.messages()).not.toContain('ready');
  });

  it('during a start that hangs: what began is stopped all the same, exit 1', async () => {
    const subject = lifecycleOf({ autopilot: { start: forever } }, { deadlineMs: 300 });
    const exit = subject.lifecycle.run(subject.subsystems);
    await expect.poll(() => subject.events).toContain('start database');
    await subject.lifecycle.shutdown('SIGTERM');
    expect(await exit).toBe(1);
    expect(subject.events).toEqual(['start database', 'stop autopilot', 'stop database']);
    expect(subject.lines.find(({ msg }) => msg === 'stopped')).toMatchObject({ clean: false });
  });

  it('through a crash exit 1', async () => {
    const subject = lifecycleOf();
    const exit = subject.lifecycle.run(subject.subsystems);
    await expect.poll(() => subject.lifecycle.phase).toBe('ready');
    await subject.lifecycle.fail('uncaught exception', new Error('crash'));
    expect(await exit).toBe(1);
    expect(subject.events).toContain('stop database');
  });
});
