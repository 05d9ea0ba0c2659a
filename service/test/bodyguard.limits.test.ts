import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bodyguard } from '../src/trading/bodyguard.ts';
import { amount, imbalances, openDesk, type TestDesk } from './trading-desk.ts';

let desk: TestDesk;
let bodyguard: Bodyguard;
beforeEach(async () => {
  desk = await openDesk();
  bodyguard = new Bodyguard({
    trading: desk.trading,
    maxDrawdown: 0.2,
    maxOrdersPerMinute: 3,
    log: desk.log,
  });
  await bodyguard.start();
  await bodyguard.start();
});
afterEach(async () => {
  await bodyguard.stop();
  await bodyguard.stop();
  await desk.close();
});

const limit = (botId: number, limitPrice: string, clientOrderId?: string) =>
  desk.trading.placeOrder(
    botId,
    { side: 'buy', type: 'limit', quantity: '0.001', limitPrice, clientOrderId },
    'user',
  );

describe('the bodyguard', () => {
  it('stops a bot that has lost more than it may, and cancels what it had open', () => {
    const { id } = desk.createBot();
    desk.trading.placeOrder(id, { side: 'buy', type: 'market', quantity: '0.19' }, 'user');
    limit(id, '100');
    desk.board.set(amount('40000'), amount('40001'));
    expect(desk.trading.bot(id).status).toBe('running');
    desk.board.set(amount('39000'), amount('39001'));
    expect(desk.trading.bot(id)).toMatchObject({
      status: 'stopped',
      statusReason: 'bodyguard: 21.0 % of the starting balance are lost, 20.0 % are allowed',
    });
    expect(desk.trading.orders({ limit: 1 })[0]).toMatchObject({ status: 'cancelled' });
    expect(imbalances(desk)).toEqual([]);
  });

  it('stops a bot that places more orders a minute than it may; the same order again is none', () => {
    const { id } = desk.createBot();
    for (const price of ['1', '2', '3']) limit(id, price, price);
    for (let again = 0; again < 5; again += 1) limit(id, '3', '3');
    expect(desk.trading.bot(id).status).toBe('running');
    limit(id, '4');
    expect(desk.trading.bot(id)).toMatchObject({
      status: 'stopped',
      statusReason: 'bodyguard: 4 orders within a minute, 3 are allowed',
    });
    expect(desk.trading.orders({ limit: 10 }).every(({ status }) => status === 'cancelled')).toBe(true);
  });

  it('in the middle of several fills of one price: the rest is cancelled, nothing is lost', () => {
    const { id } = desk.createBot({ startingBalance: '190' });
    for (const price of ['49000', '48000', '47000']) limit(id, price);
    desk.board.set(amount('10000'), amount('10001'));
    expect(desk.trading.bot(id).status).toBe('stopped');
    expect(desk.trading.orders({ limit: 10 }).map(({ status }) => status)).toEqual([
      'cancelled',
      'cancelled',
      'filled',
    ]);
    expect(desk.lines.filter(({ level }) => level >= 50)).toEqual([]);
  });

  it('guards no more once it is stopped', async () => {
    const { id } = desk.createBot();
    await bodyguard.stop();
    for (const price of ['1', '2', '3', '4', '5']) limit(id, price);
    expect(desk.trading.bot(id).status).toBe('running');
  });
});
