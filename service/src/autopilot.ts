/**
 * The autopilot: on a schedule, it rebalances the bots that ask for it, promotes those that have proved themselves, and
 * records each run. Started by `main.ts`.
 */
import { createTask, type ScheduledTask } from 'node-cron';
import type { Logger } from 'pino';
import type { Database } from './database.ts';
import type { Subsystem } from './lifecycle.ts';
import type { Bot } from './trading/model.ts';
import { ONE, parseAmount } from './trading/money.ts';
import type { Trading } from './trading/trading.ts';

const RUNS_KEPT = 1_000;
/** How far from its target a share may be before it is traded for, as a share of the bot's value: 1 %. */
const BAND = ONE / 100n;
const FILLS_BEFORE_PROMOTION = 5;

export interface AutopilotOptions {
  /** Cron expression, five or six fields, in UTC. */
  schedule: string;
  database: Database;
  trading: Pick<Trading, 'bots' | 'equity' | 'fillCount' | 'moveToShare' | 'promoteBot'>;
  log: Logger;
}

export interface AutopilotRun {
  rebalanced: number;
  promoted: number;
}

export class Autopilot implements Subsystem {
  readonly name = 'autopilot';
  readonly #schedule: string;
  readonly #database: Database;
  readonly #trading: AutopilotOptions['trading'];
  readonly #log: Logger;
  #scheduler: ScheduledTask | null = null;
  #started: Promise<void> | null = null;
  #lastTick: Promise<void> = Promise.resolve();

  constructor({ schedule, database, trading, log }: AutopilotOptions) {
    this.#schedule = schedule;
    this.#database = database;
    this.#trading = trading;
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

  /** One run over all running bots; one that cannot be looked after is logged and keeps no other from it. */
  async tick(): Promise<AutopilotRun> {
    const run: AutopilotRun = { rebalanced: 0, promoted: 0 };
    for (const bot of this.#trading.bots({ status: 'running' })) {
      try {
        if (this.#rebalance(bot)) run.rebalanced += 1;
        if (this.#promote(bot)) run.promoted += 1;
      } catch (error) {
        this.#log.warn({ err: error, botId: bot.id }, 'a bot could not be looked after; it is tried again');
      }
    }
    this.#record();
    return run;
  }

  #rebalance({ id, strategy, targetShare }: Bot): boolean {
    const share = parseAmount(targetShare);
    if (strategy !== 'rebalance' || share === undefined) return false;
    return this.#trading.moveToShare(id, { share, band: BAND, placedBy: 'autopilot' }) !== undefined;
  }

  #promote({ id, stage }: Bot): boolean {
    if (stage !== 'candidate' || this.#trading.fillCount(id) < FILLS_BEFORE_PROMOTION) return false;
    const equity = this.#trading.equity(id);
    if (equity === undefined || equity.value <= equity.startingBalance) return false;
    this.#trading.promoteBot(id);
    return true;
  }

  #record(): void {
    this.#database.transaction(() => {
      this.#database.run(
        'INSERT INTO autopilot_runs (ran_at, users) SELECT ?, count(*) FROM users',
        new Date().toISOString(),
      );
      this.#database.run(
        'DELETE FROM autopilot_runs WHERE id <= (SELECT max(id) FROM autopilot_runs) - ?',
        RUNS_KEPT,
      );
    });
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
    // One after the other, also when a tick of before a stop and a start is still under way.
    this.#lastTick = this.#lastTick.then(() => this.#guardedTick());
    await this.#lastTick;
  }

  async #guardedTick(): Promise<void> {
    // Stopped while it waited for its turn.
    if (this.#scheduler === null) return;
    try {
      this.#log.debug(await this.tick(), 'tick recorded');
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
