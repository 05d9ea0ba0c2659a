/** The autopilot: looks over the paper accounts on a schedule and records each run. Started by `main.ts`. */
import { createTask, type ScheduledTask } from 'node-cron';
import type { Logger } from 'pino';
import type { Database } from './database.ts';
import type { Subsystem } from './lifecycle.ts';

const RUNS_KEPT = 1_000;

export interface AutopilotOptions {
  /** Cron expression, five or six fields, in UTC. */
  schedule: string;
  database: Database;
  log: Logger;
}

export class Autopilot implements Subsystem {
  readonly name = 'autopilot';
  readonly #schedule: string;
  readonly #database: Database;
  readonly #log: Logger;
  #scheduler: ScheduledTask | null = null;
  #started: Promise<void> | null = null;
  #lastTick: Promise<void> = Promise.resolve();

  constructor({ schedule, database, log }: AutopilotOptions) {
    this.#schedule = schedule;
    this.#database = database;
    this.#log = log.child({ subsystem: this.name });
  }

  /** Null until started, and again when stopped. */
  get scheduler(): ScheduledTask | null {
    return this.#scheduler;
  }

  /** Idempotent: however often and however closely together it is called, there is one scheduler. */
  async start(): Promise<void> {
    this.#started ??= this.#startScheduler();
    await this.#started;
  }

  /** Safe when not started, twice, and during a start; resolves when a tick under way has ended. Never rejects. */
  async stop(): Promise<void> {
    const scheduler = this.#scheduler;
    this.#scheduler = null;
    this.#started = null;
    try {
      await scheduler?.destroy();
    } catch (error) {
      this.#log.error({ err: error }, 'the scheduler did not stop');
    }
    await this.#lastTick;
  }

  /** One run: records when it ran and how many accounts it saw. */
  async tick(): Promise<void> {
    const { connection } = this.#database;
    connection
      .prepare('INSERT INTO autopilot_runs (ran_at, users) SELECT ?, count(*) FROM users')
      .run(new Date().toISOString());
    connection
      .prepare('DELETE FROM autopilot_runs WHERE id <= (SELECT max(id) FROM autopilot_runs) - ?')
      .run(RUNS_KEPT);
  }

  async #startScheduler(): Promise<void> {
    const scheduler = createTask(this.#schedule, () => this.#onSchedule(), {
      name: this.name,
      timezone: 'UTC',
      noOverlap: true,
      logger: cronLogger(this.#log),
    });
    this.#scheduler = scheduler;
    await scheduler.start();
  }

  async #onSchedule(): Promise<void> {
    if (this.#scheduler === null) return;
    this.#lastTick = this.#guardedTick();
    await this.#lastTick;
  }

  async #guardedTick(): Promise<void> {
    try {
      await this.tick();
      this.#log.debug('tick recorded');
    } catch (error) {
      this.#log.error({ err: error }, 'tick failed; the next one comes on schedule');
    }
  }
}

/** node-cron's own logger prints to the console, between the JSON lines. */
function cronLogger(log: Logger) {
  return {
    info: (message: string) => log.info(message),
    warn: (message: string) => log.warn(message),
    error: (message: string | Error, error?: Error) =>
      log.error({ err: error ?? message }, 'node-cron reports an error'),
    debug: (message: string | Error) => log.debug(String(message)),
  };
}
