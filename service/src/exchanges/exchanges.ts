/** The exchanges: their prices and markets, by ccxt, whatever mood they are in. Started by `main.ts`. */
import type { Logger } from 'pino';
import type { Events } from '../events.ts';
import type { Subsystem } from '../lifecycle.ts';
import type { ExchangeId, ExchangeStatus, Price, SymbolInfo } from './exchange.ts';
import { MarketFeed } from './market-feed.ts';

export interface ExchangesOptions {
  enabled: readonly ExchangeId[];
  /** Origins that take the place of the exchanges' own, such as `http://127.0.0.1:21000`. */
  urls: Partial<Record<ExchangeId, string>>;
  /** Longest time that one call may take. */
  timeoutMs: number;
  pollMs: number;
  /** A price older than this is none. */
  staleMs: number;
  events: Pick<Events, 'record'>;
  log: Logger;
}

export class Exchanges implements Subsystem {
  readonly name = 'exchanges';
  readonly #options: ExchangesOptions;
  readonly #log: Logger;
  readonly #feeds = new Map<ExchangeId, MarketFeed>();
  readonly #told = new Map<ExchangeId, ExchangeStatus['status']>();
  #started: Promise<void> | null = null;
  #statusTimer: NodeJS.Timeout | null = null;

  constructor(options: ExchangesOptions) {
    this.#options = options;
    this.#log = options.log.child({ subsystem: this.name });
    const { timeoutMs, pollMs, staleMs } = options;
    for (const id of options.enabled) {
      const onChange = () => this.#tellStatus(feed);
      const url = options.urls[id];
      const feed = new MarketFeed({ id, url, timeoutMs, pollMs, staleMs, log: this.#log, onChange });
      this.#feeds.set(id, feed);
    }
  }

  get enabled(): readonly ExchangeId[] {
    return this.#options.enabled;
  }

  /** Opens every exchange; waits for none of them to answer, and does not fail because one does not. */
  async start(): Promise<void> {
    this.#started ??= this.#open();
    await this.#started;
  }

  /** Safe in any state, and during a start. Never rejects. */
  async stop(): Promise<void> {
    await Promise.allSettled([this.#started]);
    this.#started = null;
    if (this.#statusTimer !== null) clearInterval(this.#statusTimer);
    this.#statusTimer = null;
    await this.closeExchanges();
  }

  /** Closes each exchange by itself: one that fails keeps no other open. */
  async closeExchanges(): Promise<void> {
    for (const [id, feed] of this.#feeds) {
      try {
        await feed.close();
      } catch (error) {
        this.#log.error({ err: error, exchange: id }, 'the exchange was not closed; going on with the next');
      }
    }
  }

  /** Closes one exchange and opens it again; rejects when it cannot be opened. */
  async reopen(id: ExchangeId): Promise<void> {
    const feed = this.#feeds.get(id);
    if (feed === undefined)
      throw new Error(`the exchange ${id} is not enabled; enabled: ${this.enabled.join(', ') || 'none'}`);
    await feed.close();
    if (this.#started !== null) await feed.open();
  }

  /** As it is now. */
  status(): ExchangeStatus[] {
    return [...this.#feeds.values()].map((feed) => feed.status());
  }

  /** What an exchange trades; empty until it has said so. */
  markets(id: ExchangeId): SymbolInfo[] {
    return this.#feeds.get(id)?.markets() ?? [];
  }

  /** The latest price of a symbol that is watched; undefined when there is none, or none that is fresh. */
  price(id: ExchangeId, symbol: string): Price | undefined {
    return this.#feeds.get(id)?.price(symbol);
  }

  /** Calls `onPrice` with every new price until the returned function is called; survives a reopening. */
  watch(id: ExchangeId, symbol: string, onPrice: (price: Price) => void): () => void {
    return this.#feeds.get(id)?.watch(symbol, onPrice) ?? (() => undefined);
  }

  async #open(): Promise<void> {
    // One after the other: each import keeps the only thread busy.
    for (const feed of this.#feeds.values()) await feed.open();
    this.#statusTimer = setInterval(() => {
      for (const feed of this.#feeds.values()) this.#tellStatus(feed);
    }, this.#options.pollMs);
  }

  /** Also time alone changes a status: a price grows old. */
  #tellStatus(feed: MarketFeed): void {
    const status = feed.status();
    if (this.#started === null || this.#told.get(status.id) === status.status) return;
    this.#told.set(status.id, status.status);
    try {
      this.#log[status.status === 'down' ? 'warn' : 'info'](
        { exchange: status.id, ...status },
        'exchange status',
      );
      this.#options.events.record('exchange.status', status, null);
    } catch (error) {
      this.#log.error({ err: error, exchange: status.id }, 'the change of status was not recorded');
    }
  }
}
