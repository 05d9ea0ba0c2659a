/**
 * One client of the bench: so many requests a second, open loop, all on kept connections or each on a new one, over as
 * many restarts as there are. Made of the lanes of the soak's load; keeps every request, for `result.ts` to judge.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { RequestTemplate } from '../../harness/config.ts';
import { deadlineIn } from '../../harness/deadline.ts';
import type { Fate } from '../../harness/observation.ts';
import { fateOf, type RequestTrace } from '../../soak/load/fate.ts';
import { type Lane, type LaneKind, openLane } from '../../soak/load/lane.ts';

export interface SteadyOptions {
  origin: string;
  path: string;
  connections: LaneKind;
  retries: boolean;
  perSecond: number;
  timeoutMs: number;
}

/** What became of one request. Times are of `performance.now()`. */
export interface Asked {
  dueAtMs: number;
  /** When it was first put on a connection; absent when it never was. */
  sentAtMs?: number;
  endedAtMs: number;
  fate: Fate;
  retried: boolean;
}

interface Due {
  dueAtMs: number;
  sentAtMs?: number;
  retried: boolean;
}

const KEPT_CONNECTIONS = 64;
/** Bounds what a server that never comes back can pile up. */
const MOST_NEW_CONNECTIONS = 2_000;
const EXPECTED = [200];
/** Every reset counts as one of the restart: which one of its moments it met is not told apart here. */
const ANY_MOMENT = { signalAtMs: 0 };

/** Sends from the moment it is made until {@link SteadyLoad.stop}. */
export class SteadyLoad {
  readonly #options: SteadyOptions;
  readonly #template: RequestTemplate;
  readonly #lanes: Lane[] = [];
  readonly #free: Lane[] = [];
  readonly #waiting: Due[] = [];
  readonly #asked: Asked[] = [];
  readonly #startedAtMs = performance.now();
  #underWay = 0;
  #scheduled = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SteadyOptions) {
    this.#options = options;
    this.#template = { method: 'GET', path: options.path, headers: {}, expect: EXPECTED, weight: 1 };
    // All of them from the start, used by turns: a pool of one connection would meet few restarts.
    if (options.connections === 'keep-alive')
      for (let count = 0; count < KEPT_CONNECTIONS; count += 1) this.#free.push(this.#openLane());
    this.#schedule();
  }

  /** How many requests that fell due after `sinceMs` have been answered, when none waits any more; else 0. */
  answeredSince(sinceMs: number): number {
    const oldest = Math.max(0, this.#asked.length - 2 * this.#options.perSecond);
    if (this.#waiting.length > 0) return 0;
    return this.#asked.slice(oldest).filter(({ dueAtMs, fate }) => fate === 'answered' && dueAtMs > sinceMs)
      .length;
  }

  /** Sends no more, waits for what is under way (no longer than it may take), and tells of every request. */
  async stop(): Promise<Asked[]> {
    clearTimeout(this.#timer);
    const deadline = deadlineIn(2 * this.#options.timeoutMs + 500, 'requests under way');
    while (!deadline.expired() && this.#underWay + this.#waiting.length > 0) await pause(2);
    const left = this.#underWay + this.#waiting.length;
    await Promise.all(this.#lanes.map((lane) => lane.close()));
    if (left > 0) throw new Error(`${left} requests had no end within ${deadline.totalMs} ms`);
    return this.#asked;
  }

  #openLane(): Lane {
    const { origin, connections, timeoutMs } = this.#options;
    const lane = openLane({ origin, kind: connections, timeoutMs });
    this.#lanes.push(lane);
    return lane;
  }

  #schedule(): void {
    const everyMs = 1_000 / this.#options.perSecond;
    const dueAt = (): number => this.#startedAtMs + this.#scheduled * everyMs;
    for (; dueAt() <= performance.now(); this.#scheduled += 1)
      this.#waiting.push({ dueAtMs: dueAt(), retried: false });
    this.#sendWaiting();
    this.#timer = setTimeout(() => this.#schedule(), Math.max(1, dueAt() - performance.now()));
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0) {
      const lane = this.#free.shift() ?? this.#oneMore();
      if (lane === undefined) return this.#giveUpOld();
      const due = this.#waiting.shift();
      if (due !== undefined) this.#send(lane, due);
    }
  }

  #oneMore(): Lane | undefined {
    const mayGrow = this.#options.connections === 'fresh' && this.#lanes.length < MOST_NEW_CONNECTIONS;
    return mayGrow ? this.#openLane() : undefined;
  }

  /** For a client, to wait for a connection is to wait for the answer. */
  #giveUpOld(): void {
    const oldestMs = performance.now() - this.#options.timeoutMs;
    while ((this.#waiting[0]?.dueAtMs ?? Infinity) < oldestMs) {
      const due = this.#waiting.shift();
      if (due !== undefined) this.#asked.push({ ...due, endedAtMs: performance.now(), fate: 'late' });
    }
  }

  #send(lane: Lane, due: Due): void {
    this.#underWay += 1;
    lane.send(this.#template, (trace) => {
      // In a turn of its own: undici has not let go of the connection yet.
      setImmediate(() => this.#take(lane, due, trace));
    });
  }

  #take(lane: Lane, due: Due, trace: RequestTrace): void {
    this.#underWay -= 1;
    const endedAtMs = performance.now();
    const sentAtMs = due.sentAtMs ?? trace.sentAtMs;
    const seen = { ...due, ...(sentAtMs === undefined ? {} : { sentAtMs }) };
    const fate = fateOf(trace, EXPECTED, ANY_MOMENT);
    if (fate === 'resetReused' && this.#options.retries && !due.retried) {
      // Its connection is gone, so the same lane asks on a new one.
      this.#send(lane, { ...seen, retried: true });
      return;
    }
    this.#asked.push({ ...seen, endedAtMs, fate });
    this.#free.push(lane);
    this.#sendWaiting();
  }
}
