import { getTasks, schedule } from 'node-cron';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Autopilot } from '../src/autopilot.ts';
import { Database } from '../src/database.ts';
import { readableLog, until } from './subjects.ts';

const EVERY_SECOND = '* * * * * *';

let database: Database;
let autopilot: Autopilot;
let lines: ReturnType<typeof readableLog>['lines'];

function autopilotOn(schedule: string): Autopilot {
  const readable = readableLog();
  lines = readable.lines;
  return new Autopilot({ schedule, database, log: readable.log });
}

/** Schedulers alive in this process, whoever holds them. */
function schedulers(): number {
  return [...getTasks().values()].filter((task) => task.getStatus() !== 'destroyed').length;
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

function runs(): number {
  return Number(database.connection.prepare('SELECT count(*) AS runs FROM autopilot_runs').get()?.['runs']);
}

beforeEach(async () => {
  database = new Database({ path: ':memory:' });
  await database.start();
  autopilot = autopilotOn('0 0 1 1 *');
});

afterEach(async () => {
  await autopilot.stop();
  await database.stop();
});

describe('start', () => {
  it('makes the scheduler, which is null before', async () => {
    expect(autopilot.scheduler).toBeNull();
    await autopilot.start();
    expect(autopilot.scheduler?.getStatus()).toBe('idle');
  });

  it('twice in a row makes one scheduler', async () => {
    const before = { schedulers: schedulers(), timers: timers() };
    await autopilot.start();
    const first = autopilot.scheduler;
    await autopilot.start();
    expect(autopilot.scheduler).toBe(first);
    expect(schedulers()).toBe(before.schedulers + 1);
    expect(timers()).toBe(before.timers + 1);
  });

  it('ten times at once makes one scheduler', async () => {
    const before = { schedulers: schedulers(), timers: timers() };
    await Promise.all(Array.from({ length: 10 }, () => autopilot.start()));
    expect(schedulers()).toBe(before.schedulers + 1);
    expect(timers()).toBe(before.timers + 1);
  });

  it('rejects on a schedule that is none, and can then be stopped', async () => {
    autopilot = autopilotOn('every now and then');
    await expect(autopilot.start()).rejects.toThrow();
    await autopilot.stop();
    expect(autopilot.scheduler).toBeNull();
  });
});

describe('stop', () => {
  it('is safe when not started, and twice', async () => {
    await autopilot.stop();
    await autopilot.start();
    await autopilot.stop();
    await autopilot.stop();
    expect(autopilot.scheduler).toBeNull();
    expect(lines.filter(({ level }) => level >= 40)).toEqual([]);
  });

  it('during a start leaves no scheduler', async () => {
    const before = { schedulers: schedulers(), timers: timers() };
    const starting = autopilot.start();
    await autopilot.stop();
    await starting;
    expect(autopilot.scheduler).toBeNull();
    expect(schedulers()).toBe(before.schedulers);
    expect(timers()).toBe(before.timers);
  });

  it('in any order with starts leaves one scheduler or none, as the last call said', async () => {
    const before = { schedulers: schedulers(), timers: timers() };
    for (let round = 0; round < 64; round += 1) {
      const calls = Array.from({ length: 6 }, (_, bit) =>
        (round >> bit) & 1 ? autopilot.start() : autopilot.stop(),
      );
      await Promise.all(calls);
      const expected = (round >> 5) & 1;
      expect(autopilot.scheduler === null ? 0 : 1).toBe(expected);
      expect(schedulers()).toBe(before.schedulers + expected);
      expect(timers()).toBe(before.timers + expected);
    }
  });

  it('is followed by no tick', async () => {
    autopilot = autopilotOn(EVERY_SECOND);
    await autopilot.start();
    await until('the first tick is recorded', () => runs() > 0);
    await autopilot.stop();
    const recorded = runs();
    let ticks = 0;
    const clock = schedule(EVERY_SECOND, () => void (ticks += 1));
    try {
      await until('the schedule has come round again', () => ticks > 0);
    } finally {
      await clock.destroy();
    }
    expect(runs()).toBe(recorded);
  });
});

describe('a tick', () => {
  it('records a run, and the table stays small', async () => {
    for (let tick = 0; tick < 1_005; tick += 1) await autopilot.tick();
    expect(runs()).toBe(1_000);
  });

  it('that fails on schedule is logged, and the process lives on', async () => {
    autopilot = autopilotOn(EVERY_SECOND);
    await autopilot.start();
    await database.stop();
    await until('the failed tick is logged', () => lines.some(({ msg }) => msg.startsWith('tick failed')));
    expect(autopilot.scheduler).not.toBeNull();
  });
});
