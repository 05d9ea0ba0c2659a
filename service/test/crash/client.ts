/** The user of the kill loop: logs in, makes bots, places orders, listens to the events, and notes what was acknowledged. */
import type { Acknowledged } from './books.ts';

export const USER = { email: 'trader@example.com', password: 'a trader of paper' };

const ANSWER_WITHIN_MS = 3_000;

export class Client {
  readonly #url: string;
  readonly acknowledged: Acknowledged = { bots: [], orders: [] };
  /** The ids of the events that were seen, in the order in which they came. */
  readonly events: number[] = [];
  readonly complaints: string[] = [];
  #token = '';
  #names = 0;

  constructor(url: string) {
    this.#url = url;
  }

  async login(): Promise<void> {
    const answer = await this.#call('POST', '/api/auth/login', USER);
    this.#token = String(answer?.['token'] ?? '');
    if (this.#token === '') throw new Error('logging in gave no token');
  }

  async createBot(random: () => number): Promise<void> {
    this.#names += 1;
    const exchange = pick(random, ['luno', 'binance', 'kucoin']);
    const bot = await this.#call('POST', '/api/bots', {
      name: `bot ${this.#names} ${Math.floor(random() * 1e9)}`,
      exchange,
      symbol: exchange === 'luno' ? 'BTC/ZAR' : 'BTC/USDT',
      strategy: pick(random, ['momentum', 'mean-reversion', 'rebalance']),
      startingBalance: '1000000',
    });
    if (bot !== undefined) this.acknowledged.bots.push(bot as Acknowledged['bots'][number]);
  }

  /** A market or a limit order, sometimes sent twice under one name. */
  async placeOrder(random: () => number): Promise<void> {
    const { bots, orders } = this.acknowledged;
    if (bots.length === 0) return this.createBot(random);
    this.#names += 1;
    const isLimit = random() < 0.3;
    const body = {
      side: random() < 0.7 ? 'buy' : 'sell',
      type: isLimit ? 'limit' : 'market',
      quantity: (0.0001 + random() * 0.001).toFixed(8),
      ...(isLimit && { limitPrice: String(50_000 + Math.floor(random() * 2_000) * 10) }),
      clientOrderId: `order-${this.#names}-${Math.floor(random() * 1e9)}`,
    };
    const path = `/api/bots/${pick(random, bots).id}/orders`;
    const twice = random() < 0.2 ? 2 : 1;
    const answers = await Promise.all(Array.from({ length: twice }, () => this.#call('POST', path, body)));
    const ids = new Set(answers.flatMap((order) => (order === undefined ? [] : [order['id']])));
    if (ids.size > 1) this.complaints.push(`${body.clientOrderId} became two orders: ${[...ids].join(', ')}`);
    for (const order of answers)
      if (order !== undefined) orders.push(order as unknown as Acknowledged['orders'][number]);
  }

  /** All orders that the service tells of. */
  async readOrders(): Promise<Acknowledged['orders']> {
    const orders: Acknowledged['orders'] = [];
    for (;;) {
      const before = orders.at(-1)?.id;
      const answer = await this.#call(
        'GET',
        `/api/orders?limit=100${before === undefined ? '' : `&before=${before}`}`,
      );
      const page = answer?.['orders'];
      if (!Array.isArray(page)) throw new Error('GET /api/orders was not answered with orders');
      if (page.length === 0) return orders;
      orders.push(...page);
    }
  }

  /** Listens until the stream breaks off or the signal comes; goes on after the last event that was seen. */
  async listen(signal: AbortSignal): Promise<void> {
    try {
      const lastEventId = this.events.at(-1);
      const answer = await fetch(`${this.#url}/api/realtime/events`, {
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(lastEventId !== undefined && { 'last-event-id': String(lastEventId) }),
        },
        signal,
      });
      let text = '';
      for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const frames = (text + chunk).split('\n\n');
        text = frames.pop() ?? '';
        for (const frame of frames) this.#note(frame);
      }
    } catch {
      // The service was killed, or the listening ended: what was seen until then counts.
    }
  }

  #note(frame: string): void {
    if (/^event: reset$/m.test(frame)) this.complaints.push('the event stream was reset: events were lost');
    const id = /^id: (\d+)$/m.exec(frame)?.[1];
    if (id !== undefined && /^data:/m.test(frame)) this.events.push(Number(id));
  }

  /** The body of a successful answer; undefined for a refusal and for a broken connection, which acknowledge nothing. */
  async #call(method: string, path: string, body?: object): Promise<Record<string, unknown> | undefined> {
    try {
      const answer = await fetch(this.#url + path, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const parsed = (await answer.json()) as Record<string, unknown>;
      if (answer.status === 500) this.complaints.push(`${method} ${path} was answered with 500`);
      return answer.ok ? parsed : undefined;
    } catch {
      return undefined;
    }
  }
}

export function pick<T>(random: () => number, from: readonly T[]): T {
  const picked = from[Math.floor(random() * from.length)];
  if (picked === undefined) throw new Error('there is nothing to pick from');
  return picked;
}

/** mulberry32: the same numbers for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
