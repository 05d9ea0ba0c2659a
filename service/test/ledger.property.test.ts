import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { TradingProblem } from '../src/trading/model.ts';
import { post } from '../src/trading/ledger.ts';
import { formatAmount, ONE } from '../src/trading/money.ts';
import { imbalances, openDesk, type TestDesk } from './trading-desk.ts';

let desk: TestDesk;
afterEach(() => desk.close());

const pick = fc.nat({ max: 1_000 });
const anyAmount = fc.oneof(
  fc.bigInt({ min: 1n, max: 1_000n }),
  fc.bigInt({ min: 1n, max: ONE }),
  fc.bigInt({ min: 1n, max: 10n ** 14n }),
);
const step = fc.oneof(
  fc.record({ kind: fc.constant('create'), balance: anyAmount }),
  fc.record({
    kind: fc.constant('order'),
    bot: pick,
    side: fc.constantFrom('buy', 'sell'),
    quantity: anyAmount,
    limitPrice: fc.option(anyAmount),
    clientOrderId: fc.option(fc.constantFrom('a', 'b', 'c'), { freq: 5 }),
  }),
  fc.record({ kind: fc.constant('cancel'), bot: pick, order: pick }),
  fc.record({ kind: fc.constant('price'), bid: anyAmount, spread: fc.bigInt({ min: 0n, max: 1_000n }) }),
  fc.record({ kind: fc.constant('fee'), fee: fc.bigInt({ min: 0n, max: ONE / 10n }) }),
  fc.record({ kind: fc.constant('share'), bot: pick, share: fc.bigInt({ min: 0n, max: ONE }) }),
  fc.record({ kind: fc.constant('emergency') }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function perform({ trading, board, createBot }: TestDesk, step: Step): void {
  const bots = trading.bots();
  const botId = 'bot' in step ? (bots[step.bot % (bots.length || 1)]?.id ?? 0) : 0;
  if ('balance' in step) createBot({ startingBalance: formatAmount(step.balance) });
  else if ('side' in step)
    trading.placeOrder(
      botId,
      {
        side: step.side === 'buy' ? 'buy' : 'sell',
        type: step.limitPrice === null ? 'market' : 'limit',
        quantity: formatAmount(step.quantity),
        limitPrice: step.limitPrice === null ? undefined : formatAmount(step.limitPrice),
        clientOrderId: step.clientOrderId ?? undefined,
      },
      'user',
    );
  else if ('order' in step) trading.cancelOrder(botId, step.order % 50);
  else if ('spread' in step) board.set(step.bid, step.bid + step.spread);
  else if ('fee' in step) board.market = { ...board.market, takerFee: step.fee };
  else if ('share' in step)
    trading.moveToShare(botId, { share: step.share, band: 0n, placedBy: 'autopilot' });
  else {
    trading.stopAllBots('test');
    trading.resumeAll();
  }
}

describe('the ledger', () => {
  it('adds up after any sequence of deposits, orders, fills and cancels', async () => {
    let fills = 0;
    let problems = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), async (steps) => {
        desk = await openDesk();
        desk.createBot({ startingBalance: '1000000' });
        for (const step of steps) {
          try {
            perform(desk, step);
          } catch (error) {
            if (!(error instanceof TradingProblem)) throw error;
            problems += 1;
          }
        }
        expect(imbalances(desk)).toEqual([]);
        expect(desk.trading.verify().problems).toEqual([]);
        expect(desk.lines.filter(({ level }) => level >= 50)).toEqual([]);
        fills += desk.trading.orders({ limit: 1_000 }).filter(({ status }) => status === 'filled').length;
        await desk.close();
      }),
      { numRuns: 60 },
    );
    // It would prove nothing if nothing were traded.
    expect(fills).toBeGreaterThan(100);
    expect(problems).toBeGreaterThan(50);
  });

  it('refuses a transaction that does not sum to zero, and a wallet below it', async () => {
    desk = await openDesk();
    const { id } = desk.createBot();
    const posting = { botId: id, orderId: null, kind: 'deposit', at: '' } as const;
    const book = (wallet: bigint, outside: bigint) => () =>
      desk.database.transaction(() =>
        post(desk.database, {
          ...posting,
          entries: [
            { account: 'wallet', currency: 'USDT', amount: wallet },
            { account: 'outside', currency: 'USDT', amount: outside },
          ],
        }),
      );
    expect(book(5n, -4n)).toThrow(/out of balance by 0.00000001 USDT/);
    expect(book(-20_000n * ONE, 20_000n * ONE)).toThrow(/CHECK constraint/);
    expect(imbalances(desk)).toEqual([]);
  });

  it.each([
    [
      'an entry changed',
      'UPDATE ledger_entries SET amount = amount + 1 WHERE id = 2',
      /transaction 1 does not sum to zero/,
    ],
    ['an entry lost', 'DELETE FROM ledger_entries WHERE id = 4', /transaction 2 does not sum to zero/],
    [
      'a transaction without entries',
      'DELETE FROM ledger_entries WHERE transaction_id = 2',
      /transaction 2 has no entries/,
    ],
    [
      'a position changed',
      `UPDATE positions SET amount = amount + 1 WHERE currency = 'BTC'`,
      /bot 1 holds .* up to transaction 2/,
    ],
    ['a position lost', `DELETE FROM positions WHERE currency = 'BTC'`, /bot 1 holds nothing BTC/],
    [
      'a fill without a transaction',
      `UPDATE ledger_transactions SET order_id = NULL, kind = 'deposit' WHERE id = 2`,
      /order 1 is filled, but no ledger/,
    ],
    ['a deposit changed', 'UPDATE bots SET starting_balance = 1', /bot 1 began with 0.00000001/],
  ])('finds %s, and trading does not start on it', async (_name, damage, complaint) => {
    desk = await openDesk();
    const { id } = desk.createBot();
    desk.trading.placeOrder(id, { side: 'buy', type: 'market', quantity: '0.01' }, 'user');
    expect(desk.trading.verify()).toEqual({ transactions: 2, problems: [] });
    desk.database.connection.exec(damage);
    expect(desk.trading.verify().problems.join('\n')).toMatch(complaint);
    await desk.trading.stop();
    await expect(desk.trading.start()).rejects.toThrow(/the ledger does not add up: .*backup/);
  });
});
