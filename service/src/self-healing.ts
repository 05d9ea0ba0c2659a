/**
 * Self-healing: looks after the database and the exchanges, opens anew what stays broken, and says loudly when that does
 * not help. The only one there is; built by `main.ts`.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Logger } from 'pino';
import type { Database } from './database.ts';
import type { Events } from './events.ts';
import type { Exchanges } from './exchanges/exchanges.ts';
import type { Subsystem } from './lifecycle.ts';

export interface SelfHealingOptions {
  intervalMs: number;
  database: Pick<Database, 'healthy' | 'reopen'>;
  exchanges: Pick<Exchanges, 'status' | 'reopen'>;
  events: Pick<Events, 'record'>;
  /** Called when the service cannot go on: it must end, and be started again from outside. Not awaited. */
  onBeyondRepair: (reason: string, error: Error) => void;
  log: Logger;
}

/** How one of those that are looked after is. */
export interface Health {
  name: string;
  state: 'healthy' | 'failing' | 'given-up';
  /** What is wrong, in words; null when nothing is. */
  fault: string | null;
  /** Failed checks in a row. */
  failures: number;
  /** How often it was opened anew since it was healthy last. */
  attempts: number;
}

/** Between the last two checks. */
export interface EventLoopDelay {
  meanMs: number;
  p99Ms: number;
  maxMs: number;
}

interface Patient {
  name: string;
  fault: string | null;
  maxAttempts: number;
  restore: () => Promise<void>;
}

/** A hiccup heals by itself: so many checks in a row must fail before anything is done. */
const FAILURES_BEFORE_ATTEMPT = 3;
const EXCHANGE_ATTEMPTS = 5;
const DATABASE_ATTEMPTS = 1;
const DELAY_RESOLUTION_MS = 20;
const LATE_MS = 250;

export class SelfHealing implements Subsystem {
  readonly name = 'selfHealing';
  readonly #options: SelfHealingOptions;
  readonly #log: Logger;
  readonly #health = new Map<string, Health>();
  #interval: NodeJS.Timeout | null = null;
  #histogram: ReturnType<typeof monitorEventLoopDelay> | null = null;
  #underWay: Promise<void> | null = null;
  #eventLoop: EventLoopDelay = { meanMs: 0, p99Ms: 0, maxMs: 0 };

  constructor(options: SelfHealingOptions) {
    this.#options = options;
    this.#log = options.log.child({ subsystem: this.name });
  }

  /** Idempotent. */
  async start(): Promise<void> {
    if (this.#interval !== null) return;
    this.#histogram = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
    this.#histogram.enable();
    this.#interval = setInterval(() => void this.check(), this.#options.intervalMs);
  }

  /** Safe in any state; resolves when a check under way has ended. Never rejects. */
  async stop(): Promise<void> {
    if (this.#interval !== null) clearInterval(this.#interval);
    this.#interval = null;
    this.#histogram?.disable();
    this.#histogram = null;
    await this.#underWay;
  }

  status(): { patients: Health[]; eventLoop: EventLoopDelay } {
    return { patients: [...this.#health.values()], eventLoop: this.#eventLoop };
  }

  /** Looks at everything once; a call during a check joins that one. Never rejects. */
  async check(): Promise<void> {
    this.#underWay ??= this.#checkAll();
    await this.#underWay;
  }

  async #checkAll(): Promise<void> {
    try {
      this.#measureEventLoop();
      for (const patient of [this.#database(), ...this.#exchanges()]) await this.#examine(patient);
    } catch (error) {
      this.#log.error({ err: error }, 'the check failed; the next one comes on time');
    } finally {
      this.#underWay = null;
    }
  }

  async #examine(patient: Patient): Promise<void> {
    const { name, fault, maxAttempts } = patient;
    const before = this.#health.get(name) ?? { name, state: 'healthy', fault, failures: 0, attempts: 0 };
    if (fault === null) {
      this.#health.set(name, { ...before, state: 'healthy', fault, failures: 0, attempts: 0 });
      if (before.attempts > 0) this.#tell('healing.restored', { name, attempts: before.attempts });
      return;
    }
    const health: Health = { ...before, fault, failures: before.failures + 1 };
    this.#health.set(name, health);
    if (health.state === 'given-up') return;
    health.state = 'failing';
    if (health.failures < failuresBeforeAttempt(health.attempts + 1)) return;
    if (health.attempts >= maxAttempts) this.#giveUp(health);
    else await this.#restore(patient, health);
  }

  async #restore({ name, fault, restore }: Patient, health: Health): Promise<void> {
    health.attempts += 1;
    this.#log.warn({ name, fault, attempt: health.attempts }, 'opening it anew');
    try {
      await restore();
    } catch (error) {
      this.#log.error({ err: error, name }, 'it could not be opened anew');
    }
  }

  #giveUp(health: Health): void {
    const { name, fault, attempts } = health;
    health.state = 'given-up';
    this.#log.error({ name, fault, attempts }, 'giving up; somebody must look at it');
    this.#tell('healing.gave-up', { name, fault, attempts });
    if (name === 'database')
      this.#options.onBeyondRepair('the database is beyond repair', new Error(String(fault)));
  }

  #tell(type: 'healing.restored' | 'healing.gave-up', data: object): void {
    if (type === 'healing.restored') this.#log.info(data, 'it is healthy again');
    try {
      this.#options.events.record(type, data, null);
    } catch (error) {
      this.#log.error({ err: error, ...data }, 'the event could not be recorded');
    }
  }

  #database(): Patient {
    const { database } = this.#options;
    let fault: string | null = null;
    try {
      database.healthy();
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
    }
    return { name: 'database', fault, maxAttempts: DATABASE_ATTEMPTS, restore: () => database.reopen() };
  }

  #exchanges(): Patient[] {
    const { exchanges } = this.#options;
    // One that is still connecting is neither well nor ill: opening it anew has not helped yet, nor failed.
    const decided = exchanges.status().filter(({ status }) => status !== 'connecting');
    return decided.map(({ id, status, reason }) => ({
      name: id,
      fault: status === 'down' ? reason : null,
      maxAttempts: EXCHANGE_ATTEMPTS,
      restore: () => exchanges.reopen(id),
    }));
  }

  #measureEventLoop(): void {
    const histogram = this.#histogram;
    if (histogram === null || histogram.count === 0) return;
    // The histogram tells nanoseconds between its beats: what is beyond its own rhythm is delay.
    const delayMs = (nanoseconds: number) =>
      Math.max(0, Math.round(nanoseconds / 1e5 - DELAY_RESOLUTION_MS * 10) / 10);
    this.#eventLoop = {
      meanMs: delayMs(histogram.mean),
      p99Ms: delayMs(histogram.percentile(99)),
      maxMs: delayMs(histogram.max),
    };
    histogram.reset();
    if (this.#eventLoop.maxMs >= LATE_MS) this.#log.warn(this.#eventLoop, 'the event loop was held up');
  }
}

/** How many checks must have failed in a row before the n-th attempt: 3, 4, 6, 10, 18, and 34 before it is given up. */
export function failuresBeforeAttempt(attempt: number): number {
  return FAILURES_BEFORE_ATTEMPT - 1 + 2 ** (attempt - 1);
}
