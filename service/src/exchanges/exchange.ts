/** The words about exchanges that the whole service shares. */
import type { Amount } from '../trading/money.ts';

export const exchangeIds = ['luno', 'binance', 'kucoin'] as const;
export type ExchangeId = (typeof exchangeIds)[number];

/** What an exchange trades, as it says itself. */
export interface SymbolInfo {
  /** Such as `BTC/USDT`. */
  symbol: string;
  base: string;
  quote: string;
  /** In the base currency; 0 when the exchange names none. */
  minQuantity: Amount;
  /** Limit prices are multiples of it; 0 when the exchange names none. */
  tickSize: Amount;
  /** The share of a trade that a taker pays, in units of 1e-8. */
  takerFee: Amount;
}

export interface Price {
  bid: Amount;
  ask: Amount;
  last: Amount;
  /** When it came. */
  at: Date;
}

export interface ExchangeStatus {
  id: ExchangeId;
  /** Connecting: no price yet, and not long open; degraded: prices come, but late or between errors; down: no fresh price. */
  status: 'connecting' | 'connected' | 'degraded' | 'down';
  /** Why, in words; empty when connected. */
  reason: string;
  /** ISO 8601, UTC. */
  lastPriceAt: string | null;
  lastPriceAgeMs: number | null;
  /** What is watched. */
  symbols: string[];
}
