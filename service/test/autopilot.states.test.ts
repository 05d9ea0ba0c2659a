import { getTasks, schedule } from 'node-cron';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Accounts } from '../src/accounts.ts';
import { Autopilot, type AutopilotOptions } from '../src/autopilot.ts';
import { Database } from '../src/database.ts';
import { Events } from '../src/events.ts';
import { Trading } from '../src/trading/trading.ts';
import { handMadeExchanges, readableLog, until, USER } from './subjects.ts';

const EVERY_SECOND = '* * * * * *';
const BOT = { exchange: 'binance', symbol: 'BTC/USDT', startingBalance: '10000' } as const;

let database: Database;
let autopilot: Autopilot;
let trading: Trading;
let exchanges: ReturnType<typeof handMadeExchanges>;
let lines: ReturnType<typeof readableLog>['lines'];

function autopilotOn(schedule: string, faults: Partial<AutopilotOptions['trading']> = {}): Autopilot {
  const readable = readableLog();
  lines = readable.lines;
  const sound: AutopilotOptions['trading'] = {
    bots: (filter) => trading.bots(filter),
    equity: (id) => trading.equity(id),
    fillCount: (id) => trading.fillCount(id),
    moveToShare: (id, move) => trading.moveToShare(id, move),
    promoteBot: (id) => trading.promoteBot(id),
  };
  return new Autopilot({ schedule, database, trading: { ...sound, ...faults }, log: readable.log });
}

/** Schedulers alive in this process, whoever holds them. */
function schedulers(): number {
  return [...getTasks().values()].filter((task) => task.getStatus() !== 'destroyed').length;
}

/** All timers of the process: one of the test runner's may end meanwhile, so that only more than expected says something. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

function runs(): number {
  return Number(database.connection.prepare('SELECT count(*) AS runs FROM autopilot_runs').get()?.['runs']);
}

beforeEach(async () => {
  const { log } = readableLog();
  database = new Database({ path: ':memory:' });
  await database.start();
  await new Accounts({ database, seeds: [{ ...USER, role: 'user' }], log }).start();
  exchanges = handMadeExchanges();
  trading = new Trading({
    database,
    exchanges,
    events: new Events({ database, heartbeatMs: 60_000, log }),
    log,
  });
  await trading.start();
  autopilot = autopilotOn('0 0 1 1 *');
});

afterEach(async () => {
  await autopilot.stop();
  await trading.stop();
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
    expect(timers()).toBeLessThanOrEqual(before.timers + 1);
  });

  it('ten times at once makes one scheduler', async () => {
    const before = { schedulers: schedulers(), timers: timers() };
    await Promise.all(Array.from({ length: 10 }, () => autopilot.start()));
    expect(schedulers()).toBe(before.schedulers + 1);
    expect(timers()).toBeLessThanOrEqual(before.timers + 1);
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
    expect(timers()).toBeLessThanOrEqual(before.timers);
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
      expect(timers()).toBeLessThanOrEqual(before.timers + expected);
    }
  });

  it('in any order with starts, however spaced, never leaves two', async () => {
    const before = { schedulers: schedulers(), timers: timers() };
    for (let round = 0; round < 200; round += 1) {
      const calls: Promise<void>[] = [];
      for (let call = 0; call < 8; call += 1) {
        // A fixed sequence that looks random: which call it is, and how many turns of the event loop come before it.
        const noise = Math.floor(Math.abs(Math.sin(round * 8 + call) * 1e6));
        calls.push(noise % 2 === 0 ? autopilot.start() : autopilot.stop());
        for (let turn = 0; turn < (noise >> 1) % 4; turn += 1) await new Promise(setImmediate);
        expect(schedulers() - before.schedulers).toBeLessThanOrEqual(1);
      }
      await Promise.all(calls);
      await autopilot.stop();
      expect(schedulers()).toBe(before.schedulers);
      expect(timers()).toBeLessThanOrEqual(before.timers);
    }
    expect(lines.filter(({ level }) => level >= 40)).toEqual([]);
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

  it('rebalances the running rebalance bots that are off by more than the band, and leaves others alone', async () => {
    const bot = (name: string, strategy: 'rebalance' | 'momentum') =>
      trading.createBot(1, { ...BOT, name, strategy, targetShare: '0.5' });
    const [subject, other] = [bot('subject', 'rebalance'), bot('other', 'momentum')];
    const paused = bot('paused', 'rebalance');
    trading.setBotStatus(paused.id, 'paused', 'for the test');
    expect(await autopilot.tick()).toEqual({ rebalanced: 1, promoted: 0 });
    expect(trading.orders({ limit: 10 })).toMatchObject([
      { botId: subject.id, side: 'buy', status: 'filled', placedBy: 'autopilot' },
    ]);
    expect(other.id).not.toBe(subject.id);
    // Within the band of 1 % now, until the price has moved.
    expect(await autopilot.tick()).toEqual({ rebalanced: 0, promoted: 0 });
    exchanges.setPrice(60_000);
    expect(await autopilot.tick()).toEqual({ rebalanced: 1, promoted: 0 });
    expect(trading.orders({ limit: 1 })).toMatchObject([{ side: 'sell', placedBy: 'autopilot' }]);
    const equity = trading.equity(subject.id);
    expect(Number(equity?.quote) / Number(equity?.value)).toBeCloseTo(0.5, 2);
  });

  it('promotes a candidate with five fills and a gain, once', async () => {
    const { id } = trading.createBot(1, { ...BOT, name: 'able', strategy: 'momentum' });
    for (let fill = 0; fill < 4; fill += 1)
      trading.placeOrder(id, { side: 'buy', type: 'market', quantity: '0.01' }, 'user');
    exchanges.setPrice(60_000);
    expect(await autopilot.tick()).toMatchObject({ promoted: 0 });
    trading.placeOrder(id, { side: 'buy', type: 'market', quantity: '0.01' }, 'user');
    exchanges.setPrice(40_000);
    expect(await autopilot.tick()).toMatchObject({ promoted: 0 });
    exchanges.setPrice(70_000);
    expect(await autopilot.tick()).toMatchObject({ promoted: 1 });
    expect(trading.bot(id).stage).toBe('promoted');
    expect(await autopilot.tick()).toMatchObject({ promoted: 0 });
  });

  it('in which one bot fails looks after the others, and is recorded', async () => {
    const bad = trading.createBot(1, { ...BOT, name: 'bad', strategy: 'rebalance' });
    const good = trading.createBot(1, { ...BOT, name: 'good', strategy: 'rebalance' });
    autopilot = autopilotOn('0 0 1 1 *', {
      moveToShare: (id, move) => {
        if (id === bad.id) throw new Error('planted');
        return trading.moveToShare(id, move);
      },
    });
    expect(await autopilot.tick()).toEqual({ rebalanced: 1, promoted: 0 });
    expect(trading.orders({ limit: 10 })).toMatchObject([{ botId: good.id }]);
    expect(lines).toMatchObject([{ level: 40, botId: bad.id, err: { message: 'planted' } }]);
    expect(runs()).toBe(1);
  });

  it('that fails on schedule is logged, and the process lives on', async () => {
    autopilot = autopilotOn(EVERY_SECOND);
    await autopilot.start();
    await database.stop();
    await until('the failed tick is logged', () => lines.some(({ msg }) => msg.startsWith('tick failed')));
    expect(autopilot.scheduler).not.toBeNull();
  });
});
