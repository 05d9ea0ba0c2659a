/** When the bots of a strategy trade: a judgement on the latest prices alone. Called by `trading.ts` with each price. */
import type { Price } from '../exchanges/exchange.ts';
import type { Strategy } from './model.ts';
import type { Amount } from './money.ts';

export type Signal = 'invest' | 'leave';

/** So many moves in the same direction are a signal. */
const MOVES = 3;

/** The latest moves of one price, and the signal they give. */
export class PriceHistory {
  #middle: Amount | null = null;
  #moves: ('up' | 'down')[] = [];

  add({ bid, ask }: Price): void {
    const middle = bid + ask;
    if (this.#middle !== null && middle !== this.#middle)
      this.#moves = [...this.#moves, middle > this.#middle ? ('up' as const) : ('down' as const)].slice(
        -MOVES,
      );
    this.#middle = middle;
  }

  /** Momentum goes with the moves, mean reversion against them; `rebalance` is the autopilot's. */
  signal(strategy: Strategy): Signal | undefined {
    const [direction] = this.#moves;
    if (strategy === 'rebalance' || this.#moves.length < MOVES) return undefined;
    if (this.#moves.some((move) => move !== direction)) return undefined;
    return (direction === 'up') === (strategy === 'momentum') ? 'invest' : 'leave';
  }
}
