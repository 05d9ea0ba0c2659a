/** What the tests of trading share: a service's inside with a real database and real events, and prices set by hand. */
import { Database } from '../src/database.ts';
import { Events } from '../src/events.ts';
import type { ExchangeId, Price, SymbolInfo } from '../src/exchanges/exchange.ts';
import { ONE, parseAmount, type Amount } from '../src/trading/money.ts';
import { Trading } from '../src/trading/trading.ts';
import { readableLog } from './subjects.ts';

export const amount = (text: string): Amount => {
  const parsed = parseAmount(text);
  if (parsed === undefined) throw new Error(`${text} is no amount`);
  return parsed;
};

/** Stands where the exchanges stand; tells what it is told. */
export class PriceBoard {
  readonly enabled: readonly ExchangeId[] = ['binance'];
  readonly #watchers = new Set<(price: Price) => void>();
  market: SymbolInfo = {
    symbol: 'BTC/USDT',
    base: 'BTC',
    quote: 'USDT',
    minQuantity: 1n,
    tickSize: 0n,
    takerFee: ONE / 1000n,
  };
  current: Price | undefined;

  markets = (): SymbolInfo[] => [this.market];
  price = (): Price | undefined => this.current;
  watch = (_id: ExchangeId, _symbol: string, onPrice: (price: Price) => void): (() => void) => {
    this.#watchers.add(onPrice);
    return () => void this.#watchers.delete(onPrice);
  };

  get watcherCount(): number {
    return this.#watchers.size;
  }

  set(bid: Amount, ask: Amount): void {
    this.current = { bid, ask, last: bid, at: new Date() };
    for (const onPrice of [...this.#watchers]) onPrice(this.current);
  }
}

/** Trading, started, with one user whose id is 1. */
export async function openDesk(path = ':memory:') {
  const { log, lines } = readableLog();
  const database = new Database({ path });
  await database.start();
  database.run(
    `INSERT INTO users (id, email, password_hash, created_at) VALUES (1, 'a@example.com', '', '') ON CONFLICT DO NOTHING`,
  );
  const events = new Events({ database, heartbeatMs: 60_000, log });
  const board = new PriceBoard();
  board.set(amount('50000'), amount('50010'));
  const trading = new Trading({ database, exchanges: board, events, log });
  await trading.start();
  const createBot = (over: Partial<Parameters<Trading['createBot']>[1]> = {}) =>
    trading.createBot(1, {
      name: `bot ${trading.bots().length + 1}`,
      exchange: 'binance',
      symbol: 'BTC/USDT',
      strategy: 'rebalance',
      startingBalance: '10000',
      ...over,
    });
  const close = async () => {
    await trading.stop();
    await database.stop();
  };
  return { database, events, board, trading, createBot, close, log, lines };
}

export type TestDesk = Awaited<ReturnType<typeof openDesk>>;

/** What must always be true of the books, added up anew with code of the test's own. */
export function imbalances({ database }: Pick<TestDesk, 'database'>): string[] {
  const found: string[] = [];
  const sums = new Map<string, bigint>();
  const add = (key: string, value: unknown) => sums.set(key, (sums.get(key) ?? 0n) + BigInt(String(value)));
  const rows = database.select(
    `SELECT transaction_id, bot_id, account, currency, amount FROM ledger_entries e
     JOIN ledger_transactions t ON t.id = e.transaction_id`,
  );
  for (const row of rows) {
    add(`zero: transaction ${row['transaction_id']} ${row['currency']}`, row['amount']);
    add(`zero: total ${row['currency']}`, row['amount']);
    if (row['account'] === 'wallet') add(`wallet: ${row['bot_id']} ${row['currency']}`, row['amount']);
    if (row['account'] === 'fees' && BigInt(String(row['amount'])) < 0n) found.push('a fee is negative');
  }
  const positions = new Map<string, bigint>();
  for (const row of database.select('SELECT * FROM positions')) {
    positions.set(`wallet: ${row['bot_id']} ${row['currency']}`, BigInt(String(row['amount'])));
    if (Number(row['amount']) < 0 || Number(row['cost']) < 0) found.push('a position is negative');
  }
  for (const [key, sum] of sums) {
    if (key.startsWith('zero') && sum !== 0n) found.push(`${key}: ${sum}`);
    if (key.startsWith('wallet') && positions.get(key) !== sum)
      found.push(`${key}: ${sum}, ${positions.get(key)}`);
  }
  for (const key of positions.keys()) if (!sums.has(key)) found.push(`${key} has no entries`);
  return found;
}
