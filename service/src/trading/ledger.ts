/**
 * The books: every movement of money is a transaction whose entries sum to zero in each currency, so that nothing
 * comes from nowhere. Called by bots and orders, always within a transaction of the database.
 */
import type { Database, Row } from '../database.ts';
import {
  toLedgerTransaction,
  toPosition,
  TradingProblem,
  type LedgerTransaction,
  type Position,
  type Side,
} from './model.ts';
import { formatAmount, multiplyDown, multiplyUp, type Amount } from './money.ts';

/** Half of what the database can store: what is added up stays below the whole. */
const MAX_HELD: Amount = 2n ** 62n;

export interface Entry {
  account: 'wallet' | 'market' | 'fees' | 'outside';
  currency: string;
  /** Added to the account; negative when taken. */
  amount: Amount;
}

export interface Posting {
  botId: number;
  orderId: number | null;
  kind: 'deposit' | 'trade' | 'withdrawal';
  /** ISO 8601, UTC. */
  at: string;
  entries: Entry[];
  /** What the position in a currency has cost afterwards, where that is not simply its amount. */
  costs?: ReadonlyMap<string, Amount>;
}

/** What a trade moves, in the quote currency. A buyer's cost and every fee are rounded up, a seller's proceeds down. */
export function settle(side: Side, quantity: Amount, price: Amount, takerFee: Amount) {
  const value = side === 'buy' ? multiplyUp(quantity, price) : multiplyDown(quantity, price);
  const fee = multiplyUp(value, takerFee);
  return { value, fee, quoteChange: side === 'buy' ? -(value + fee) : value - fee };
}

/** Writes the transaction, and moves the positions by its wallet entries. Throws when it does not sum to zero, or a position would go below it. */
export function post(database: Database, { botId, orderId, kind, at, entries, costs }: Posting): void {
  for (const [currency, sum] of sums(entries)) {
    if (sum !== 0n)
      throw new Error(`a ${kind} of bot ${botId} is out of balance by ${formatAmount(sum)} ${currency}`);
  }
  const { id } = database.run(
    'INSERT INTO ledger_transactions (bot_id, order_id, kind, at) VALUES (?, ?, ?, ?)',
    botId,
    orderId,
    kind,
    at,
  );
  for (const { account, currency, amount } of entries) {
    if (amount > MAX_HELD)
      throw new TradingProblem('invalid', `${formatAmount(amount)} ${currency} are more than can be booked`);
    database.run(
      'INSERT INTO ledger_entries (transaction_id, account, currency, amount) VALUES (?, ?, ?, ?)',
      id,
      account,
      currency,
      amount,
    );
    if (account !== 'wallet') continue;
    const held = balance(database, botId, currency).amount + amount;
    if (held > MAX_HELD)
      throw new TradingProblem(
        'invalid',
        `bot ${botId} would hold more than ${formatAmount(MAX_HELD)} ${currency}`,
      );
    database.run(
      `INSERT INTO positions (bot_id, currency, amount, cost) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET amount = excluded.amount, cost = excluded.cost`,
      botId,
      currency,
      held,
      costs?.get(currency) ?? held,
    );
  }
}

function sums(entries: readonly Entry[]): Map<string, Amount> {
  const result = new Map<string, Amount>();
  for (const { currency, amount } of entries) result.set(currency, (result.get(currency) ?? 0n) + amount);
  return result;
}

/** What the wallet of a bot holds in a currency, and what that has cost. */
export function balance(
  database: Database,
  botId: number,
  currency: string,
): { amount: Amount; cost: Amount } {
  const [row] = database.select(
    'SELECT amount, cost FROM positions WHERE bot_id = ? AND currency = ?',
    botId,
    currency,
  );
  return { amount: BigInt(String(row?.['amount'] ?? 0)), cost: BigInt(String(row?.['cost'] ?? 0)) };
}

/** The positions of one bot, or of all the bots of one user, or all. */
export function listPositions(
  database: Database,
  { botId, userId }: { botId?: number | undefined; userId?: number | undefined },
): Position[] {
  return database
    .select(
      `SELECT positions.* FROM positions JOIN bots ON bots.id = bot_id
       WHERE bot_id = coalesce(?, bot_id) AND user_id = coalesce(?, user_id) ORDER BY bot_id, currency`,
      botId ?? null,
      userId ?? null,
    )
    .map(toPosition);
}

/** The newest transactions of a bot, older than `before`. */
export function listLedger(
  database: Database,
  botId: number,
  { limit, before }: { limit: number; before?: number | undefined },
): LedgerTransaction[] {
  return database
    .select(
      'SELECT * FROM ledger_transactions WHERE bot_id = ? AND id < coalesce(?, id + 1) ORDER BY id DESC LIMIT ?',
      botId,
      before ?? null,
      limit,
    )
    .map((row) =>
      toLedgerTransaction(
        row,
        database.select(
          'SELECT * FROM ledger_entries WHERE transaction_id = ? ORDER BY id',
          row['id'] ?? null,
        ),
      ),
    );
}

/** Each finds rows that contradict each other, and says so. */
const CONTRADICTIONS: readonly { sql: string; tell: (row: Row) => string }[] = [
  {
    sql: `SELECT transaction_id, currency, sum(amount) AS sum FROM ledger_entries
          GROUP BY transaction_id, currency HAVING sum(amount) <> 0`,
    tell: (row) =>
      `ledger transaction ${row['transaction_id']} does not sum to zero: ${units(row['sum'])} ${row['currency']} are left over`,
  },
  {
    sql: `SELECT id FROM ledger_transactions
          WHERE NOT EXISTS (SELECT 1 FROM ledger_entries WHERE transaction_id = ledger_transactions.id)`,
    tell: (row) => `ledger transaction ${row['id']} has no entries`,
  },
  {
    sql: `WITH wallets AS (
            SELECT bot_id, currency, sum(amount) AS amount, max(transaction_id) AS last
            FROM ledger_entries JOIN ledger_transactions ON ledger_transactions.id = transaction_id
            WHERE account = 'wallet' GROUP BY bot_id, currency)
          SELECT bot_id, currency, wallets.amount AS booked, positions.amount AS held, last
          FROM wallets FULL JOIN positions USING (bot_id, currency)
          WHERE wallets.amount IS NOT positions.amount`,
    tell: (row) =>
      `bot ${row['bot_id']} holds ${units(row['held'])} ${row['currency']}, but its ledger up to transaction ${row['last']} says ${units(row['booked'])}`,
  },
  {
    sql: `SELECT orders.id, status, ledger_transactions.id AS transaction_id
          FROM orders LEFT JOIN ledger_transactions ON order_id = orders.id
          WHERE (status = 'filled') <> (ledger_transactions.id IS NOT NULL)`,
    tell: (row) =>
      `order ${row['id']} is ${row['status']}, but ${row['transaction_id'] == null ? 'no ledger transaction tells of it' : `ledger transaction ${row['transaction_id']} traded it`}`,
  },
  {
    sql: `SELECT bots.id, starting_balance FROM bots
          LEFT JOIN ledger_transactions ON bot_id = bots.id AND kind = 'deposit'
          LEFT JOIN ledger_entries ON transaction_id = ledger_transactions.id AND account = 'wallet'
          GROUP BY bots.id HAVING coalesce(sum(amount), 0) <> starting_balance`,
    tell: (row) =>
      `bot ${row['id']} began with ${units(row['starting_balance'])}, but that was not deposited`,
  },
];

const units = (value: Row[string] | undefined): string =>
  value == null ? 'nothing' : formatAmount(BigInt(String(value)));

/** Adds everything up again: how many transactions there are, and a sentence for each that contradicts the rest. */
export function verifyLedger(database: Database): { transactions: number; problems: string[] } {
  const [row] = database.select('SELECT count(*) AS count FROM ledger_transactions');
  return {
    transactions: Number(row?.['count']),
    problems: CONTRADICTIONS.flatMap(({ sql, tell }) => database.select(sql).map(tell)),
  };
}
