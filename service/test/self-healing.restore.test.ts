import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startExchanges, type RunningExchanges } from '../../fixtures/exchanges/start-exchanges.ts';
import { Database } from '../src/database.ts';
import { Events } from '../src/events.ts';
import type { ExchangeId, ExchangeStatus } from '../src/exchanges/exchange.ts';
import { Exchanges } from '../src/exchanges/exchanges.ts';
import { failuresBeforeAttempt, SelfHealing, type SelfHealingOptions } from '../src/self-healing.ts';
import { readableLog, scratchFolder, until } from './subjects.ts';

const { log, lines } = readableLog();
let folder: string;
let database: Database;
let events: Events;
let beyondRepair: string[];

beforeEach(async () => {
  folder = await scratchFolder();
  database = new Database({ path: join(folder, 'db.sqlite') });
  await database.start();
  events = new Events({ database, heartbeatMs: 60_000, log });
  beyondRepair = [];
  lines.length = 0;
});

afterEach(async () => {
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

/** An exchange whose status the test sets, and that counts how often it was opened anew. */
function exchangeByHand() {
  const status: ExchangeStatus = {
    id: 'luno',
    status: 'down',
    reason: 'no price',
    lastPriceAt: null,
    lastPriceAgeMs: null,
    symbols: [],
  };
  const subject = {
    status: () => [status],
    reopened: 0,
    reopen: async (_id: ExchangeId) => void (subject.reopened += 1),
  };
  return { subject, set: (next: ExchangeStatus['status']) => void (status.status = next) };
}

function healingOf(options: Partial<SelfHealingOptions> = {}): SelfHealing {
  const exchanges = { status: () => [], reopen: async () => {} };
  const onBeyondRepair = (reason: string) => void beyondRepair.push(reason);
  return new SelfHealing({
    intervalMs: 60_000,
    database,
    exchanges,
    events,
    onBeyondRepair,
    log,
    ...options,
  });
}

async function check(healing: SelfHealing, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await healing.check();
}

const healthOf = (healing: SelfHealing, name: string) =>
  healing.status().patients.find((patient) => patient.name === name);
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
const healingEvents = () =>
  events
    .since(0, { userId: 0, isAdmin: true, expiresAtMs: 0 }, 100)
    .filter(({ type }) => type.startsWith('healing'));

describe('start and stop', () => {
  it('make and clear one interval, in any order and number', async () => {
    const before = timers();
    const healing = healingOf();
    expect(timers()).toBe(before);
    await healing.stop();
    await Promise.all([healing.start(), healing.start()]);
    expect(timers()).toBe(before + 1);
    await healing.stop();
    await healing.stop();
    expect(timers()).toBe(before);
  });

  it('stop waits for the check under way, and no other comes', async () => {
    const { subject } = exchangeByHand();
    const slow = Promise.withResolvers<void>();
    let finished = false;
    subject.reopen = async () => {
      subject.reopened += 1;
      await slow.promise;
      finished = true;
    };
    const healing = healingOf({ exchanges: subject, intervalMs: 10 });
    await healing.start();
    await until('it is opened anew', () => subject.reopened === 1);
    let isStopped = false;
    const stopped = healing.stop().then(() => (isStopped = true));
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    expect([isStopped, finished]).toEqual([false, false]);
    slow.resolve();
    await stopped;
    expect([finished, subject.reopened]).toEqual([true, 1]);
    expect(healing.status().eventLoop).toMatchObject({
      meanMs: expect.any(Number),
      maxMs: expect.any(Number),
    });
  });
});

describe('an exchange that is down', () => {
  it('is opened anew after three failed checks, and then at growing distances, five times; then it is given up, loudly', async () => {
    const { subject } = exchangeByHand();
    const healing = healingOf({ exchanges: subject });
    const reopenedAt: number[] = [];
    for (let failure = 1; failure <= 40; failure += 1) {
      const before = subject.reopened;
      await healing.check();
      if (subject.reopened > before) reopenedAt.push(failure);
    }
    expect(reopenedAt).toEqual([3, 4, 6, 10, 18]);
    expect(reopenedAt).toEqual([1, 2, 3, 4, 5].map(failuresBeforeAttempt));
    expect(healthOf(healing, 'luno')).toEqual({
      name: 'luno',
      state: 'given-up',
      fault: 'no price',
      failures: 40,
      attempts: 5,
    });
    expect(healingEvents()).toMatchObject([{ type: 'healing.gave-up', userId: null }]);
    expect(lines.filter(({ level }) => level === 50)).toMatchObject([
      { msg: expect.stringMatching(/^giving up/), name: 'luno' },
    ]);
    expect(beyondRepair).toEqual([]);
  });

  it('begins anew once it has been up', async () => {
    const { subject, set } = exchangeByHand();
    const healing = healingOf({ exchanges: subject });
    await check(healing, 40);
    set('connected');
    await healing.check();
    expect(healthOf(healing, 'luno')).toMatchObject({ state: 'healthy', failures: 0, attempts: 0 });
    set('down');
    await check(healing, 3);
    expect(subject.reopened).toBe(6);
    expect(healingEvents().map(({ type }) => type)).toEqual(['healing.gave-up', 'healing.restored']);
  });

  it('is not taken for restored while it is connecting', async () => {
    const { subject, set } = exchangeByHand();
    const healing = healingOf({ exchanges: subject });
    for (let round = 0; round < 40; round += 1) {
      set('down');
      await healing.check();
      set('connecting');
      await check(healing, 2);
    }
    expect(subject.reopened).toBe(5);
    expect(healingEvents().map(({ type }) => type)).toEqual(['healing.gave-up']);
  });

  it('for a moment only, or merely degraded, is left alone', async () => {
    const { subject, set } = exchangeByHand();
    const healing = healingOf({ exchanges: subject });
    for (let round = 0; round < 5; round += 1) {
      set('down');
      await check(healing, 2);
      set(round % 2 === 0 ? 'degraded' : 'connected');
      await healing.check();
    }
    expect(subject.reopened).toBe(0);
    expect(healingEvents()).toEqual([]);
  });

  it('whose opening fails keeps nothing else from being looked after', async () => {
    const { subject } = exchangeByHand();
    subject.reopen = () => Promise.reject(new Error('planted'));
    const healing = healingOf({ exchanges: subject });
    await check(healing, 3);
    expect(lines.find(({ level }) => level === 50)).toMatchObject({ err: { message: 'planted' } });
    expect(healthOf(healing, 'database')).toMatchObject({ state: 'healthy' });
  });
});

describe('the database', () => {
  it('that does not answer is opened anew, and well again', async () => {
    const healing = healingOf();
    database.connection.close();
    await check(healing, 2);
    expect(healthOf(healing, 'database')).toMatchObject({ state: 'failing', failures: 2, attempts: 0 });
    await check(healing, 2);
    expect(healthOf(healing, 'database')).toMatchObject({ state: 'healthy' });
    expect(beyondRepair).toEqual([]);
  });

  it('that stays broken ends the service, once', async () => {
    const broken = {
      healthy: () => {
        throw new Error('disk I/O error');
      },
      reopen: () => Promise.reject(new Error('disk I/O error')),
    };
    const healing = healingOf({ database: broken });
    await check(healing, 10);
    expect(beyondRepair).toEqual(['the database is beyond repair']);
    expect(healthOf(healing, 'database')).toMatchObject({
      state: 'given-up',
      attempts: 1,
      fault: 'disk I/O error',
    });
  });
});

describe('with a real exchange', () => {
  let loopback: RunningExchanges;
  let exchanges: Exchanges;
  beforeEach(async () => {
    loopback = await startExchanges();
    exchanges = new Exchanges({
      enabled: ['luno'],
      urls: { luno: loopback.origin('luno') },
      timeoutMs: 500,
      pollMs: 50,
      staleMs: 1_500,
      events,
      log,
    });
    await exchanges.start();
  });
  afterEach(async () => {
    await exchanges.stop();
    await loopback.stop();
  });

  it('silent, then healthy: it goes down, is opened anew, and is restored', async () => {
    const healing = healingOf({ exchanges });
    const unwatch = exchanges.watch('luno', 'BTC/ZAR', () => {});
    const isNow = (...states: string[]) => states.includes(String(exchanges.status()[0]?.status));
    await until('it is connected', () => isNow('connected'));
    await loopback.setMood('luno', 'silent');
    await until('it is down', () => isNow('down'));
    await check(healing, 3);
    expect(healthOf(healing, 'luno')).toMatchObject({ state: 'failing', attempts: 1 });
    await loopback.setMood('luno', 'healthy');
    await until('prices come again', async () => {
      await healing.check();
      return isNow('connected', 'degraded');
    });
    await healing.check();
    expect(healthOf(healing, 'luno')).toMatchObject({ state: 'healthy', attempts: 0 });
    expect(healingEvents().map(({ type }) => type)).toContain('healing.restored');
    unwatch();
  });
});
