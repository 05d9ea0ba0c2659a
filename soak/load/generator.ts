/**
 * The open-loop load: requests fall due at a steady rate whatever the service does, on kept connections and new ones
 * by turns. Driven by scenarios; `strike` sends the stop signal while requests are on the wire.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { LoadConfig, RequestTemplate } from '../../harness/config.ts';
import { deadlineIn } from '../../harness/deadline.ts';
import type { LoadTotals } from '../../harness/observation.ts';
import { whenSent } from './burst.ts';
import type { RequestTrace, Strike } from './fate.ts';
import { LanePool } from './lane-pool.ts';
import type { Lane, LaneKind } from './lane.ts';
import { createRequestMix } from './request-mix.ts';
import type { RequestMix } from './request-mix.ts';
import { createTally } from './totals.ts';
import type { Tally } from './totals.ts';

export interface LoadOptions {
  origin: string;
  config: LoadConfig;
  seed: number;
  /** Once aborted, what is under way is not waited for. */
  signal?: AbortSignal;
  /**
   * Somebody listens on through a restart: whoever comes then waits instead of being refused. Each gets a connection, or
   * the load would wait for its own connections and not for the service.
   */
  isPatient?: boolean;
}

/** How long `strike` waits for a connection on which a request is certain to be accepted. */
const STRIKE_WAIT_MS = 1_000;
/** How long a signal that is sent from afar may take. */
const FAR_SIGNAL_MS = 10_000;

/** Starts a load against `origin`. It runs until {@link Load.stop}. */
export function startLoad(options: LoadOptions): Load {
  return new Load(options);
}

interface Due {
  template: RequestTemplate;
  dueAtMs: number;
}

/** Owns the connections and the schedule of one load. */
export class Load {
  readonly #config: LoadConfig;
  readonly #signal: AbortSignal | undefined;
  readonly #isPatient: boolean;
  readonly #lanes: LanePool;
  readonly #waiting: Record<LaneKind, Due[]> = { 'keep-alive': [], fresh: [] };
  readonly #mix: RequestMix;
  readonly #strike: Strike = {};
  readonly #tally: Tally;
  readonly #startedAtMs = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #scheduled = 0;
  #held = false;
  #closed = false;
  #inFlightAtSignal = 0;
  #stopping: Promise<LoadTotals> | undefined;

  constructor({ origin, config, seed, signal, isPatient = false }: LoadOptions) {
    this.#config = config;
    this.#signal = signal;
    this.#isPatient = isPatient;
    this.#lanes = new LanePool(origin, config);
    this.#mix = createRequestMix(config.requests, seed);
    this.#tally = createTally(this.#strike);
    this.#schedule();
  }

  /**
   * Puts a burst on connections that have answered before and calls `send` in the turn of the event loop in which the
   * last of it is written, before any answer can be read. Without such a connection within a second `send` is called all
   * the same. Returns how many requests were on the wire on accepted connections; where the signal takes its time to get
   * there (`isFar`), the fewest at any look until it must be there, with every idle connection put to use meanwhile.
   */
  async strike(send: () => Promise<unknown>, isFar = false): Promise<number> {
    const deadline = deadlineIn(STRIKE_WAIT_MS, 'a connection that has answered before');
    while (!deadline.expired() && this.#lanes.idleWarm().length === 0) await pause(1);
    let sending: Promise<unknown> = Promise.resolve();
    const strikeNow = (): void => {
      this.#inFlightAtSignal = this.#lanes.onTheWire();
      this.#strike.signalAtMs = performance.now();
      sending = send();
    };
    await whenSent(this.#lanes, (onAllSent) => this.#burst(onAllSent), strikeNow);
    if (isFar) await this.#keepBusyUntil(sending);
    return this.#inFlightAtSignal;
  }

  async #keepBusyUntil(sending: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = (): void => {
      isDone = true;
    };
    sending.then(done, done);
    const deadline = deadlineIn(FAR_SIGNAL_MS, 'the signal to be sent');
    const warm = this.#lanes.warm().length;
    for (let look = 0; !isDone && !deadline.expired(); look += 1) {
      this.#burst(() => undefined);
      await pause(1);
      // Connections are being closed: it is there.
      if (this.#lanes.warm().length < warm) return;
      // Starting the command held this process up, not the service: it has only now been started.
      const now = this.#lanes.onTheWire();
      if (look > 0) this.#inFlightAtSignal = look === 1 ? now : Math.min(this.#inFlightAtSignal, now);
    }
  }

  /** Tells the load that the service has exited: whoever answers from now on is its next life. */
  noteExit(): void {
    this.#strike.exitAtMs = performance.now();
  }

  /** Sends nothing while `work` runs; what falls due meanwhile is sent afterwards, and its wait counts. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#held = true;
    try {
      return await work();
    } finally {
      this.#held = false;
    }
  }

  /**
   * Ends the schedule, waits for what has fallen due (its time limit at most; behind a kept listener it waits for the next
   * life), closes every connection. Safe twice.
   */
  stop(): Promise<LoadTotals> {
    this.#stopping ??= this.#finish();
    return this.#stopping;
  }

  async #finish(): Promise<LoadTotals> {
    clearTimeout(this.#timer);
    const appliedMs = performance.now() - this.#startedAtMs;
    const deadline = deadlineIn(this.#config.timeoutMs + 500, 'requests that have fallen due');
    while (!deadline.expired() && this.#signal?.aborted !== true && !this.#isDone()) {
      this.#sendWaiting();
      await pause(1);
    }
    this.#closed = true;
    await this.#lanes.close();
    return this.#tally.totals(appliedMs, this.#inFlightAtSignal);
  }

  #isDone(): boolean {
    const { 'keep-alive': kept, fresh } = this.#waiting;
    return kept.length + fresh.length === 0 && this.#lanes.isIdle();
  }

  /** Sends the slowest kinds of request on every idle warm connection; says when the last one is on the wire. */
  #burst(onAllSent: () => void): number {
    const mix = this.#mix.slowestFirst();
    const lanes = this.#lanes.idleWarm().slice(0, this.#config.connections);
    let unsent = lanes.length;
    for (const [index, lane] of lanes.entries()) {
      const template = mix[index % mix.length];
      if (template === undefined) continue;
      this.#send(lane, { template, dueAtMs: performance.now() }, () => {
        unsent -= 1;
        if (unsent === 0) onAllSent();
      });
    }
    return lanes.length;
  }

  #schedule(): void {
    const everyMs = 1_000 / this.#config.requestsPerSecond;
    const now = performance.now();
    while (this.#startedAtMs + this.#scheduled * everyMs <= now) {
      const dueAtMs = this.#startedAtMs + this.#scheduled * everyMs;
      this.#waiting[this.#scheduled % 2 === 0 ? 'keep-alive' : 'fresh'].push({
        template: this.#mix.next(),
        dueAtMs,
      });
      this.#scheduled += 1;
    }
    this.#sendWaiting();
    const nextAtMs = this.#startedAtMs + this.#scheduled * everyMs;
    this.#timer = setTimeout(() => this.#schedule(), Math.max(1, nextAtMs - performance.now()));
  }

  #sendWaiting(): void {
    if (this.#held) return;
    if (this.#isPatient && this.#strike.signalAtMs !== undefined)
      for (const kind of ['keep-alive', 'fresh'] as const)
        this.#lanes.growFor(kind, this.#waiting[kind].length);
    for (const lane of this.#lanes.free()) {
      const due = this.#waiting[lane.kind].shift();
      if (due === undefined) continue;
      if (performance.now() - due.dueAtMs > this.#config.timeoutMs) {
        this.#giveUp(due);
        continue;
      }
      this.#lanes.putLast(lane);
      this.#send(lane, due);
    }
  }

  #send(lane: Lane, due: Due, onSent?: () => void): void {
    const onDone = (trace: RequestTrace): void => {
      // Cut by the end of the load itself: that is no fate.
      if (this.#closed) return;
      this.#tally.take(due.template, trace, due.dueAtMs);
      if (trace.complete && trace.sentAtMs !== undefined)
        this.#mix.took(due.template, performance.now() - trace.sentAtMs);
      // In a turn of its own: undici has not let go of the connection yet.
      setImmediate(() => this.#sendWaiting());
    };
    lane.send(due.template, onDone, onSent);
  }

  /** Every connection was busy for longer than a request may take: for a client that is no answer either. */
  #giveUp(due: Due): void {
    const message = `waited ${this.#config.timeoutMs} ms for one of ${this.#config.connections} connections`;
    this.#tally.take(
      due.template,
      { reused: false, complete: false, error: { code: 'LATE', message } },
      due.dueAtMs,
    );
  }
}
