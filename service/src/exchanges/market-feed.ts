/**
 * The prices of one exchange: by web socket where it has a public one, by polling where it has none or the web socket
 * is silent. Opened and closed by `exchanges.ts`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Exchange, Ticker } from 'ccxt';
import type { Logger } from 'pino';
import { amountFromNumber } from '../trading/money.ts';
import { closeExchange, describeMarkets, forgetSockets, openExchange } from './ccxt-exchange.ts';
import type { ExchangeId, ExchangeStatus, Price, SymbolInfo } from './exchange.ts';
import { FeedHealth } from './feed-health.ts';

export interface MarketFeedOptions {
  id: ExchangeId;
  url: string | undefined;
  timeoutMs: number;
  pollMs: number;
  staleMs: number;
  log: Logger;
  /** Called when the status may have changed. */
  onChange: () => void;
}

/** What each is watched for when no bot asks for more, and whether it has a web socket that needs no key. */
const PROFILES = {
  luno: { reference: 'BTC/ZAR', streams: false },
  binance: { reference: 'BTC/USDT', streams: true },
  kucoin: { reference: 'BTC/USDT', streams: true },
} as const satisfies Record<ExchangeId, { reference: string; streams: boolean }>;

/** Retries wait twice as long each time, up to 2^4 times the poll interval. */
const MAX_DOUBLINGS = 4;

type OnPrice = (price: Price) => void;

/** Between one opening and its closing. */
interface Session {
  exchange: Exchange;
  /** By symbol; empty until the exchange has told them. */
  markets: Map<string, SymbolInfo>;
  signal: AbortSignal;
  streaming: Set<string>;
}

export class MarketFeed {
  readonly #options: MarketFeedOptions;
  readonly #watchers = new Map<string, Set<OnPrice>>();
  readonly #prices = new Map<string, Price>();
  #ending = new AbortController();
  #opened: Promise<void> | null = null;
  #session: Session | null = null;
  #health: FeedHealth;

  constructor(options: MarketFeedOptions) {
    this.#options = options;
    this.#health = new FeedHealth(options.staleMs, Date.now());
  }

  /** Begins to watch; resolves without waiting for the exchange. Idempotent. */
  async open(): Promise<void> {
    this.#opened ??= this.#open();
    await this.#opened;
  }

  /** The loops end before the exchange is closed, so that none opens it again. Safe in any state, and during an opening. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    this.#opened = null;
    this.#prices.clear();
    this.#ending.abort();
    if (session !== null) await closeExchange(session.exchange);
  }

  async #open(): Promise<void> {
    const { id, url, timeoutMs, staleMs, log } = this.#options;
    const ending = new AbortController();
    this.#ending = ending;
    const exchange = await openExchange({ id, url, timeoutMs, keepAliveMs: staleMs, log });
    if (ending.signal.aborted) return closeExchange(exchange);
    this.#health = new FeedHealth(staleMs, Date.now());
    const session = { exchange, markets: new Map(), signal: ending.signal, streaming: new Set<string>() };
    this.#session = session;
    void this.#poll(session);
  }

  markets(): SymbolInfo[] {
    return [...(this.#session?.markets.values() ?? [])];
  }

  price(symbol: string): Price | undefined {
    const price = this.#prices.get(symbol);
    return price !== undefined && Date.now() - price.at.getTime() <= this.#options.staleMs
      ? price
      : undefined;
  }

  /** Once watched, a symbol stays so until the exchange is closed: there are few of them. */
  watch(symbol: string, onPrice: OnPrice): () => void {
    const watchers = this.#watchers.get(symbol) ?? new Set();
    this.#watchers.set(symbol, watchers.add(onPrice));
    return () => void watchers.delete(onPrice);
  }

  status(): ExchangeStatus {
    const now = Date.now();
    const { lastPriceAt } = this.#health;
    const closed = { status: 'down', reason: 'closed' } as const;
    return {
      id: this.#options.id,
      ...(this.#session === null ? closed : this.#health.judge(now)),
      lastPriceAt: lastPriceAt === null ? null : new Date(lastPriceAt).toISOString(),
      lastPriceAgeMs: lastPriceAt === null ? null : now - lastPriceAt,
      symbols: this.#session === null ? [] : this.#symbols(this.#session),
    };
  }

  /** Asks for what the web sockets do not tell; opens those once the markets are known. Ends with its session. */
  async #poll(session: Session): Promise<void> {
    let failures = 0;
    while (!session.signal.aborted) {
      try {
        if (session.markets.size === 0) await this.#loadMarkets(session);
        await this.#fetchDue(session);
        failures = 0;
      } catch (error) {
        this.#failed(session, error);
        failures += 1;
      }
      await pause(this.#options.pollMs, failures, session.signal);
    }
  }

  async #loadMarkets(session: Session): Promise<void> {
    // Anew: it keeps an empty list that came from a spoilt answer.
    await session.exchange.loadMarkets(true);
    session.markets = new Map(describeMarkets(session.exchange).map((market) => [market.symbol, market]));
    if (session.markets.size === 0) throw new Error('it told of no market that is open');
  }

  /** Rejects when there was something to ask for, and nothing came. */
  async #fetchDue(session: Session): Promise<void> {
    const { id, pollMs } = this.#options;
    const due = this.#symbols(session).filter((symbol) => {
      this.#health.expect(symbol, Date.now());
      if (!PROFILES[id].streams) return true;
      if (!session.streaming.has(symbol)) void this.#stream(session, symbol);
      return Date.now() - (this.#prices.get(symbol)?.at.getTime() ?? 0) > 2 * pollMs;
    });
    const outcomes = await Promise.allSettled(due.map((symbol) => this.#fetch(session, symbol)));
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    if (errors.length > 0 && errors.length === due.length) throw errors[0];
    for (const error of errors) this.#failed(session, error);
  }

  async #fetch(session: Session, symbol: string): Promise<void> {
    const ticker = await session.exchange.fetchTicker(symbol);
    // Not since the call: before the request it waited for its turn under the exchange's rate limit.
    const lateByMs = Date.now() - session.exchange.lastRestRequestTimestamp;
    this.#accept(session, symbol, ticker, lateByMs);
  }

  async #stream(session: Session, symbol: string): Promise<void> {
    session.streaming.add(symbol);
    let failures = 0;
    while (!session.signal.aborted) {
      try {
        const ticker = await session.exchange.watchTicker(symbol);
        this.#accept(
          session,
          symbol,
          ticker,
          ticker.timestamp === undefined ? 0 : Date.now() - ticker.timestamp,
        );
        failures = 0;
      } catch (error) {
        if (session.signal.aborted) return;
        this.#failed(session, error);
        forgetSockets(session.exchange);
        failures += 1;
        await pause(this.#options.pollMs, failures, session.signal);
      }
    }
  }

  #accept(session: Session, symbol: string, ticker: Ticker, lateByMs: number): void {
    if (session.signal.aborted) return;
    const price = toPrice(ticker);
    if (price === undefined)
      throw new Error(
        `it told no usable price of ${symbol}: bid ${ticker.bid}, ask ${ticker.ask}, last ${ticker.last}`,
      );
    this.#prices.set(symbol, price);
    this.#health.priced(symbol, lateByMs, Date.now());
    this.#options.onChange();
    for (const onPrice of this.#watchers.get(symbol) ?? []) {
      try {
        onPrice(price);
      } catch (error) {
        this.#options.log.error(
          { err: error, symbol },
          'a price was not handled; the next one will be told too',
        );
      }
    }
  }

  #failed(session: Session, error: unknown): void {
    if (session.signal.aborted) return;
    this.#options.log.debug({ err: error, exchange: this.#options.id }, 'no price; trying again');
    this.#health.failed(error, Date.now());
    this.#options.onChange();
  }

  /** What is watched: the reference, and what bots asked for, as far as the exchange has it. */
  #symbols({ markets }: Session): string[] {
    const { reference } = PROFILES[this.#options.id];
    const [first = reference] = markets.keys();
    const wanted = new Set([markets.has(reference) ? reference : first, ...this.#watchers.keys()]);
    return [...wanted].filter((symbol) => markets.has(symbol));
  }
}

/** Undefined unless it has a bid and an ask above it. */
function toPrice(ticker: Ticker): Price | undefined {
  const bid = amountFromNumber(ticker.bid);
  const ask = amountFromNumber(ticker.ask);
  if (!bid || !ask || ask < bid) return undefined;
  return { bid, ask, last: amountFromNumber(ticker.last) || bid, at: new Date() };
}

/** Waits one poll interval, or longer after failures, more or less, so that many do not come back at once. Ends at the signal. */
async function pause(pollMs: number, failures: number, signal: AbortSignal): Promise<void> {
  const spread = failures === 0 ? 1 : 0.75 + Math.random() / 2;
  try {
    await sleep(pollMs * 2 ** Math.min(failures, MAX_DOUBLINGS) * spread, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
