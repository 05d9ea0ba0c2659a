/** Bots, orders and positions as the rest of the service sees them, made from the rows that keep them. */
import type { SQLOutputValue } from 'node:sqlite';
import type { Row } from '../database.ts';
import type { ExchangeId } from '../exchanges/exchange.ts';
import { formatAmount } from './money.ts';

export const strategies = ['momentum', 'mean-reversion', 'rebalance'] as const;
export type Strategy = (typeof strategies)[number];
export type BotStatus = 'running' | 'paused' | 'stopped';
export type Side = 'buy' | 'sell';
export type PlacedBy = 'user' | 'strategy' | 'autopilot' | 'bodyguard';

/** Amounts are decimal strings, times ISO 8601 in UTC. */
export interface Bot {
  id: number;
  userId: number;
  name: string;
  exchange: ExchangeId;
  symbol: string;
  strategy: Strategy;
  /** The share of its value, from 0 to 1, that it holds in the base currency when it is invested. */
  targetShare: string;
  stage: 'candidate' | 'promoted';
  status: BotStatus;
  statusReason: string;
  startingBalance: string;
  createdAt: string;
}

export interface Order {
  id: number;
  botId: number;
  clientOrderId: string;
  side: Side;
  type: 'market' | 'limit';
  quantity: string;
  limitPrice: string | null;
  status: 'open' | 'filled' | 'cancelled' | 'rejected';
  reason: string | null;
  price: string | null;
  fee: string | null;
  feeCurrency: string;
  placedBy: PlacedBy;
  createdAt: string;
  closedAt: string | null;
}

export interface Position {
  botId: number;
  currency: string;
  amount: string;
  /** What it was bought for, fees included, in the quote currency; of the quote currency itself, its amount. */
  cost: string;
}

export interface LedgerTransaction {
  id: number;
  botId: number;
  orderId: number | null;
  kind: 'deposit' | 'trade' | 'withdrawal';
  at: string;
  entries: { account: 'wallet' | 'market' | 'fees' | 'outside'; currency: string; amount: string }[];
}

/** Something that was asked of trading and cannot be done, with what to do instead. */
export class TradingProblem extends Error {
  override readonly name = 'TradingProblem';
  readonly kind: 'not-found' | 'invalid' | 'conflict' | 'no-price' | 'insufficient-funds' | 'stopped';

  constructor(kind: TradingProblem['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

const text = (value: SQLOutputValue | undefined): string => String(value);
const textOrNull = (value: SQLOutputValue | undefined): string | null =>
  value == null ? null : String(value);
const amount = (value: SQLOutputValue | undefined): string => formatAmount(BigInt(text(value)));
const amountOrNull = (value: SQLOutputValue | undefined): string | null =>
  value == null ? null : amount(value);

/** Base and quote currency of a symbol such as `BTC/USDT`. */
export function currenciesOf(symbol: string): { base: string; quote: string } {
  const [base = '', quote = ''] = symbol.split('/');
  return { base, quote };
}

export function toBot(row: Row): Bot {
  return {
    id: Number(row['id']),
    userId: Number(row['user_id']),
    name: text(row['name']),
    // The schema lets no other words in.
    exchange: text(row['exchange']) as ExchangeId,
    symbol: text(row['symbol']),
    strategy: text(row['strategy']) as Strategy,
    targetShare: amount(row['target_share']),
    stage: text(row['stage']) as Bot['stage'],
    status: text(row['status']) as BotStatus,
    statusReason: text(row['status_reason']),
    startingBalance: amount(row['starting_balance']),
    createdAt: text(row['created_at']),
  };
}

/** A row of `orders` with the `symbol` of its bot. */
export function toOrder(row: Row): Order {
  return {
    id: Number(row['id']),
    botId: Number(row['bot_id']),
    clientOrderId: text(row['client_order_id']),
    side: text(row['side']) as Side,
    type: text(row['type']) as Order['type'],
    quantity: amount(row['quantity']),
    limitPrice: amountOrNull(row['limit_price']),
    status: text(row['status']) as Order['status'],
    reason: textOrNull(row['reason']),
    price: amountOrNull(row['price']),
    fee: amountOrNull(row['fee']),
    feeCurrency: currenciesOf(text(row['symbol'])).quote,
    placedBy: text(row['placed_by']) as PlacedBy,
    createdAt: text(row['created_at']),
    closedAt: textOrNull(row['closed_at']),
  };
}

export function toPosition(row: Row): Position {
  return {
    botId: Number(row['bot_id']),
    currency: text(row['currency']),
    amount: amount(row['amount']),
    cost: amount(row['cost']),
  };
}

export function toLedgerTransaction(row: Row, entries: Row[]): LedgerTransaction {
  return {
    id: Number(row['id']),
    botId: Number(row['bot_id']),
    orderId: row['order_id'] == null ? null : Number(row['order_id']),
    kind: text(row['kind']) as LedgerTransaction['kind'],
    at: text(row['at']),
    entries: entries.map((entry) => ({
      account: text(entry['account']) as LedgerTransaction['entries'][number]['account'],
      currency: text(entry['currency']),
      amount: amount(entry['amount']),
    })),
  };
}
