import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TradingProblem } from '../src/trading/model.ts';
import type { OrderRequest } from '../src/trading/orders.ts';
import { scratchFolder } from './subjects.ts';
import { amount, imbalances, openDesk, type TestDesk } from './trading-desk.ts';

let desk: TestDesk;
beforeEach(async () => void (desk = await openDesk()));
afterEach(() => desk.close());

const BUY: OrderRequest = { side: 'buy', type: 'market', quantity: '0.1' };
const place = (botId: number, request: Partial<OrderRequest> = {}) =>
  desk.trading.placeOrder(botId, { ...BUY, ...request }, 'user');
const types = () => desk.database.select('SELECT type FROM events ORDER BY id').map(({ type }) => type);

function problemOf(work: () => unknown): TradingProblem['kind'] {
  try {
    work();
  } catch (error) {
    if (error instanceof TradingProblem) return error.kind;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a market order', () => {
  it('is filled at the ask with the fee on top, in one transaction with its ledger, positions and events', () => {
    const { id } = desk.createBot();
    expect(place(id)).toMatchObject({
      status: 'filled',
      price: '50010',
      fee: '5.001',
      feeCurrency: 'USDT',
      placedBy: 'user',
    });
    expect(desk.trading.positions({ botId: id })).toEqual([
      { botId: id, currency: 'BTC', amount: '0.1', cost: '5006.001' },
      { botId: id, currency: 'USDT', amount: '4993.999', cost: '4993.999' },
    ]);
    expect(desk.trading.ledger(id, { limit: 1 })[0]).toMatchObject({
      kind: 'trade',
      entries: [
        { account: 'wallet', currency: 'USDT', amount: '-5006.001' },
        { account: 'market', currency: 'USDT', amount: '5001' },
        { account: 'fees', currency: 'USDT', amount: '5.001' },
        { account: 'wallet', currency: 'BTC', amount: '0.1' },
        { account: 'market', currency: 'BTC', amount: '-0.1' },
      ],
    });
    expect(types()).toEqual([
      'bot.created',
      'order.placed',
      'order.filled',
      'position.changed',
      'position.changed',
    ]);
    expect(place(id, { side: 'sell', quantity: '0.05' })).toMatchObject({ price: '50000', fee: '2.5' });
    expect(desk.trading.positions({ userId: 1 })[0]).toMatchObject({ amount: '0.05', cost: '2503.0005' });
  });

  it('is refused without a trace when it cannot be done', () => {
    const { id } = desk.createBot();
    expect(problemOf(() => place(id, { quantity: '1' }))).toBe('insufficient-funds');
    expect(problemOf(() => place(id, { side: 'sell' }))).toBe('insufficient-funds');
    expect(problemOf(() => place(99))).toBe('not-found');
    for (const wrong of [
      { quantity: '0' },
      { quantity: '-1' },
      { limitPrice: '1' },
      { type: 'limit' as const },
    ])
      expect(problemOf(() => place(id, wrong))).toBe('invalid');
    desk.board.market = { ...desk.board.market, minQuantity: amount('0.2') };
    expect(problemOf(() => place(id))).toBe('invalid');
    desk.board.market = { ...desk.board.market, minQuantity: 1n, tickSize: amount('0.5') };
    expect(problemOf(() => place(id, { type: 'limit', limitPrice: '10.3' }))).toBe('invalid');
    desk.board.current = undefined;
    expect(problemOf(() => place(id))).toBe('no-price');
    desk.trading.setBotStatus(id, 'stopped', 'test');
    expect(problemOf(() => place(id))).toBe('stopped');
    expect(desk.trading.orders({ limit: 10 })).toEqual([]);
    expect(types().filter((type) => String(type).startsWith('order'))).toEqual([]);
  });

  it('that fails in the middle leaves nothing behind', () => {
    const { id } = desk.createBot();
    desk.database.connection.exec(
      `CREATE TRIGGER fault BEFORE INSERT ON positions WHEN new.currency = 'BTC' BEGIN SELECT RAISE(ABORT, 'planted'); END`,
    );
    expect(() => place(id)).toThrow(/planted/);
    expect(desk.trading.orders({ limit: 10 })).toEqual([]);
    expect(types()).toEqual(['bot.created']);
    expect(imbalances(desk)).toEqual([]);
  });

  it('with the same name is the same order, and with another content a conflict', () => {
    const { id } = desk.createBot();
    const first = place(id, { clientOrderId: 'mine' });
    expect(place(id, { clientOrderId: 'mine' })).toEqual(first);
    expect(problemOf(() => place(id, { clientOrderId: 'mine', quantity: '0.2' }))).toBe('conflict');
    desk.trading.setBotStatus(id, 'stopped', 'test');
    expect(place(id, { clientOrderId: 'mine' })).toEqual(first);
    expect(desk.trading.orders({ botId: id, limit: 10 })).toHaveLength(1);
  });
});

describe('a limit order', () => {
  it('rests until the price crosses it, and is filled at its limit', () => {
    const { id } = desk.createBot();
    const order = place(id, { type: 'limit', limitPrice: '49000' });
    expect(order).toMatchObject({ status: 'open', price: null, closedAt: null });
    desk.board.set(amount('49000'), amount('49001'));
    expect(desk.trading.orders({ limit: 1 })[0]).toMatchObject({ status: 'open' });
    desk.board.set(amount('48000'), amount('48001'));
    expect(desk.trading.orders({ limit: 1 })[0]).toMatchObject({
      id: order.id,
      status: 'filled',
      price: '49000',
    });
  });

  it('that the market allows is filled at once, at the better price', () => {
    const { id } = desk.createBot();
    expect(place(id, { type: 'limit', limitPrice: '60000' })).toMatchObject({
      status: 'filled',
      price: '50010',
    });
  });

  it('sets its money aside until it is cancelled', () => {
    const { id } = desk.createBot();
    const order = place(id, { type: 'limit', limitPrice: '49000', quantity: '0.2' });
    expect(problemOf(() => place(id))).toBe('insufficient-funds');
    expect(desk.trading.cancelOrder(id, order.id)).toMatchObject({ status: 'cancelled' });
    expect(desk.trading.cancelOrder(id, order.id)).toMatchObject({ status: 'cancelled' });
    expect(place(id)).toMatchObject({ status: 'filled' });
    const [filled] = desk.trading.orders({ limit: 1 });
    expect(problemOf(() => desk.trading.cancelOrder(id, filled?.id ?? 0))).toBe('conflict');
  });

  it('whose money is no longer enough is rejected, not filled and not tried again', () => {
    const { id } = desk.createBot();
    place(id, { type: 'limit', limitPrice: '49900', quantity: '0.2' });
    desk.board.market = { ...desk.board.market, takerFee: amount('0.01') };
    desk.board.set(amount('49000'), amount('49001'));
    expect(desk.trading.orders({ limit: 1 })[0]).toMatchObject({
      status: 'rejected',
      reason: /not enough USDT/,
    });
    expect(desk.lines.filter(({ level }) => level >= 50)).toEqual([]);
    expect(imbalances(desk)).toEqual([]);
  });
});

describe('bots', () => {
  it('are made with their deposit, once per name', () => {
    expect(desk.createBot({ name: 'first' })).toMatchObject({
      stage: 'candidate',
      status: 'running',
      targetShare: '0.5',
    });
    expect(problemOf(() => desk.createBot({ name: 'first' }))).toBe('conflict');
    expect(problemOf(() => desk.createBot({ symbol: 'NO/PE' }))).toBe('invalid');
    expect(problemOf(() => desk.createBot({ exchange: 'luno' }))).toBe('invalid');
    expect(problemOf(() => desk.createBot({ startingBalance: '1e9' }))).toBe('invalid');
    expect(problemOf(() => desk.createBot({ targetShare: '1.1' }))).toBe('invalid');
    expect(desk.trading.bots()).toHaveLength(1);
  });

  it('all stop at the emergency, with their orders, and only those resume', () => {
    const [first, second] = [desk.createBot(), desk.createBot()];
    place(first.id, { type: 'limit', limitPrice: '1' });
    desk.trading.setBotStatus(second.id, 'stopped', 'by its user');
    expect(desk.trading.stopAllBots('fire')).toBe(1);
    expect(desk.trading.orders({ limit: 1 })[0]).toMatchObject({
      status: 'cancelled',
      reason: 'emergency stop: fire',
    });
    expect(desk.board.watcherCount).toBe(0);
    expect(desk.trading.resumeAll()).toBe(1);
    expect(desk.trading.bot(second.id)).toMatchObject({ status: 'stopped', statusReason: 'by its user' });
    expect(desk.trading.bot(first.id)).toMatchObject({ status: 'running' });
  });

  it('are watched on as before when what would have changed that is undone', () => {
    const { id } = desk.createBot();
    const undone = (work: () => void) =>
      desk.database.transaction(() => {
        work();
        throw new Error('planted');
      });
    expect(() => undone(() => desk.trading.setBotStatus(id, 'stopped', 'test'))).toThrow('planted');
    expect([desk.trading.bot(id).status, desk.board.watcherCount]).toEqual(['running', 1]);
    desk.trading.setBotStatus(id, 'stopped', 'test');
    expect(() => undone(() => desk.createBot())).toThrow('planted');
    expect([desk.trading.bots().length, desk.board.watcherCount]).toEqual([1, 0]);
  });

  it('are moved to a share of their value, and left alone within the band', () => {
    const { id } = desk.createBot();
    const share = { share: amount('0.5'), band: amount('0.01'), placedBy: 'autopilot' as const };
    expect(desk.trading.moveToShare(id, share)).toMatchObject({ side: 'buy', status: 'filled' });
    expect(desk.trading.moveToShare(id, share)).toBeUndefined();
    desk.board.set(amount('60000'), amount('60010'));
    expect(desk.trading.moveToShare(id, share)).toMatchObject({ side: 'sell' });
    expect(desk.trading.moveToShare(id, { ...share, share: amount('1') })).toMatchObject({ side: 'buy' });
    expect(desk.trading.moveToShare(id, { ...share, share: 0n })).toMatchObject({ side: 'sell' });
    expect(desk.trading.positions({ botId: id })[0]).toMatchObject({
      currency: 'BTC',
      amount: '0',
      cost: '0',
    });
    expect(imbalances(desk)).toEqual([]);
  });

  it.each([
    ['momentum', 'buy'],
    ['mean-reversion', 'sell'],
  ] as const)('with the strategy %s %s after three moves up', (strategy, side) => {
    const { id } = desk.createBot({ strategy });
    if (side === 'sell') place(id);
    for (const price of [50_000, 50_001, 50_002, 50_003])
      desk.board.set(amount(`${price}`), amount(`${price + 10}`));
    expect(desk.trading.orders({ limit: 1 })[0]).toMatchObject({
      placedBy: 'strategy',
      side,
      status: 'filled',
    });
    const placed = desk.trading.orders({ limit: 10 }).length;
    for (const price of [50_002, 50_001, 50_000]) desk.board.set(amount(`${price}`), amount(`${price + 10}`));
    expect(desk.trading.orders({ limit: 10 })).toHaveLength(placed);
  });
});

describe('a restart', () => {
  it('keeps bots and orders, watches on, and takes no order in between', async () => {
    const folder = await scratchFolder();
    await desk.close();
    desk = await openDesk(join(folder, 'db.sqlite'));
    const { id } = desk.createBot();
    place(id, { type: 'limit', limitPrice: '49000' });
    await desk.trading.stop();
    await desk.trading.stop();
    expect(desk.board.watcherCount).toBe(0);
    expect(problemOf(() => place(id))).toBe('stopped');
    await desk.close();
    desk = await openDesk(join(folder, 'db.sqlite'));
    expect(desk.board.watcherCount).toBe(1);
    desk.board.set(amount('48000'), amount('48001'));
    expect(desk.trading.orders({ limit: 1 })[0]).toMatchObject({ status: 'filled', price: '49000' });
    await rm(folder, { recursive: true, force: true });
  });
});
