/** How a market feed does: a judgement on the times of its prices and errors alone. Kept by `market-feed.ts`. */
import type { ExchangeStatus } from './exchange.ts';

/** Later than this after it was true, a price is late. */
const LATE_MS = 1_000;

type Judgement = Pick<ExchangeStatus, 'status' | 'reason'>;

export class FeedHealth {
  readonly #staleMs: number;
  readonly #openedAt: number;
  /** When the latest price of each symbol came; at first, when it was asked for. */
  readonly #symbols = new Map<string, { sinceMs: number; priced: boolean }>();
  #lastPriceAt: number | null = null;
  #late: { at: number; byMs: number } | null = null;
  #error: { at: number; message: string } | null = null;

  constructor(staleMs: number, now: number) {
    this.#staleMs = staleMs;
    this.#openedAt = now;
  }

  get lastPriceAt(): number | null {
    return this.#lastPriceAt;
  }

  expect(symbol: string, now: number): void {
    if (!this.#symbols.has(symbol)) this.#symbols.set(symbol, { sinceMs: now, priced: false });
  }

  /** A price of this symbol came, `lateByMs` after it was true. */
  priced(symbol: string, lateByMs: number, now: number): void {
    this.#symbols.set(symbol, { sinceMs: now, priced: true });
    this.#lastPriceAt = now;
    if (lateByMs > LATE_MS) this.#late = { at: now, byMs: lateByMs };
  }

  failed(error: unknown, now: number): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#error = { at: now, message: message.slice(0, 200) };
  }

  judge(now: number): Judgement {
    const isRecent = (at: number): boolean => now - at <= this.#staleMs;
    const cause = this.#error === null ? '' : `; last error: ${this.#error.message}`;
    if (this.#lastPriceAt === null && isRecent(this.#openedAt))
      return { status: 'connecting', reason: `no price yet${cause}` };
    if (this.#lastPriceAt === null || !isRecent(this.#lastPriceAt))
      return {
        status: 'down',
        reason: `no price for ${now - (this.#lastPriceAt ?? this.#openedAt)} ms${cause}`,
      };
    const missing = [...this.#symbols]
      .filter(([, { sinceMs }]) => !isRecent(sinceMs))
      .map(([symbol]) => symbol);
    if (missing.length > 0)
      return { status: 'degraded', reason: `no fresh price of ${missing.join(', ')}${cause}` };
    if (this.#error !== null && isRecent(this.#error.at))
      return { status: 'degraded', reason: `prices come between errors${cause}` };
    if (this.#late !== null && isRecent(this.#late.at))
      return { status: 'degraded', reason: `prices come ${Math.round(this.#late.byMs)} ms late` };
    return { status: 'connected', reason: '' };
  }
}
