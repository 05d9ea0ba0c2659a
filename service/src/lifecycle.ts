/**
 * Starts the subsystems of a process in order, keeps them until it is told to stop, and stops them in reverse.
 * Knows nothing of this service: `main.ts` gives it the subsystems, and the signals that end them.
 */
import type { Logger } from 'pino';
import { within } from './within.ts';

/** Something with a beginning and an end. */
export interface Subsystem {
  readonly name: string;
  /** Where the outside reaches it once it is started; told in the ready line. */
  readonly address?: string | undefined;
  /** Resolves when it is ready for those that start after it; rejects when it cannot be used. */
  start(): Promise<void>;
  /** Lets those outside leave before anything is stopped; all drain at the same time. */
  drain?(): Promise<void>;
  /** Releases everything; called after a start that failed, too, and so must be safe in any state. */
  stop(): Promise<void>;
}

export type Phase = 'starting' | 'ready' | 'draining' | 'stopped';

export interface LifecycleOptions {
  log: Logger;
  /** Longest time until everything is started. */
  startDeadlineMs: number;
  /** Longest time from the request to stop until everything is stopped or given up. */
  deadlineMs: number;
  /** Told when it is ready, with where, and when it begins to drain, with why. Must not throw. */
  onPhase?: (phase: Phase, words: string) => void;
}

export class Lifecycle {
  readonly #log: Logger;
  readonly #startDeadlineMs: number;
  readonly #deadlineMs: number;
  readonly #onPhase: NonNullable<LifecycleOptions['onPhase']>;
  readonly #begun: Subsystem[] = [];
  readonly #over = Promise.withResolvers<void>();
  #starting: Promise<void> = Promise.resolve();
  #shutdown: Promise<void> | null = null;
  #phase: Phase = 'starting';
  #failed = false;

  constructor({ log, startDeadlineMs, deadlineMs, onPhase = () => {} }: LifecycleOptions) {
    this.#log = log;
    this.#startDeadlineMs = startDeadlineMs;
    this.#deadlineMs = deadlineMs;
    this.#onPhase = onPhase;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /**
   * Starts the subsystems one after the other, waits until a shutdown is over, and resolves with the exit code:
   * 0 when everything went well, 1 when anything failed. Never rejects.
   */
  async run(subsystems: readonly Subsystem[]): Promise<0 | 1> {
    // A start that hangs may hold nothing: without this timer the process would end in the middle of it, nothing stopped.
    const late = setTimeout(() => this.#giveUpStart(), this.#startDeadlineMs);
    this.#starting = this.#startAll(subsystems);
    // A start that hangs is given up by the shutdown, and must not keep the end from being told.
    await Promise.race([this.#starting, this.#over.promise]);
    clearTimeout(late);
    await this.#over.promise;
    return this.#failed ? 1 : 0;
  }

  /** Stops everything, once: a second call is logged and waits for the first. Never rejects. */
  shutdown(reason: string): Promise<void> {
    if (this.#shutdown !== null) {
      this.#log.warn({ reason }, 'already stopping; ignored');
      return this.#shutdown;
    }
    this.#shutdown = this.#stopAll(reason);
    return this.#shutdown;
  }

  /** Ends the process through the shutdown, with exit code 1. Never rejects. */
  async fail(reason: string, error: unknown): Promise<void> {
    this.#failed = true;
    this.#log.fatal({ err: error }, reason);
    await this.shutdown(reason);
  }

  async #startAll(subsystems: readonly Subsystem[]): Promise<void> {
    for (const subsystem of subsystems) {
      if (this.#shutdown !== null) return;
      // Before its start: what a start that fails has opened by then is released by its stop.
      this.#begun.push(subsystem);
      try {
        await subsystem.start();
        this.#log.info({ subsystem: subsystem.name }, 'subsystem started');
      } catch (error) {
        // Not awaited: the shutdown waits for this very start to end.
        void this.fail(`subsystem ${subsystem.name} did not start`, error);
        return;
      }
    }
    if (this.#shutdown !== null) return;
    this.#phase = 'ready';
    const address = subsystems.find((subsystem) => subsystem.address !== undefined)?.address;
    this.#log.info({ address, startedInMs: Math.round(process.uptime() * 1000) }, 'ready');
    this.#onPhase('ready', address ?? '');
  }

  #giveUpStart(): void {
    const name = this.#begun.at(-1)?.name ?? 'none';
    const error = new Error(`subsystem ${name} has not started within ${this.#startDeadlineMs} ms`);
    void this.fail('the start is given up', error);
  }

  async #stopAll(reason: string): Promise<void> {
    const begunAt = performance.now();
    const deadline = setTimeout(() => this.#giveUp(), this.#deadlineMs);
    // No wait may take more than half of what is left: however many hang, the last one still gets its turn.
    const shareMs = () => Math.max(1, (begunAt + this.#deadlineMs - performance.now()) / 2);
    const wasReady = this.#phase === 'ready';
    this.#phase = 'draining';
    this.#log.info({ reason }, 'draining');
    this.#onPhase('draining', reason);
    try {
      try {
        await within(this.#starting, shareMs(), 'the start under way');
      } catch (error) {
        this.#failed = true;
        this.#log.error({ err: error }, 'stopping what had begun to start');
      }
      const inReverse = this.#begun.toReversed();
      // All at once: the streams end while the server waits for their connections.
      if (wasReady) await Promise.all(inReverse.map((subsystem) => this.#drain(subsystem, shareMs())));
      for (const subsystem of inReverse) {
        try {
          await within(subsystem.stop(), shareMs(), `stop of ${subsystem.name}`);
          this.#log.info({ subsystem: subsystem.name }, 'subsystem stopped');
        } catch (error) {
          this.#failed = true;
          this.#log.error(
            { err: error, subsystem: subsystem.name },
            'subsystem did not stop; going on with the next',
          );
        }
      }
    } finally {
      clearTimeout(deadline);
      this.#phase = 'stopped';
      this.#log.info(
        { clean: !this.#failed, stoppedInMs: Math.round(performance.now() - begunAt) },
        'stopped',
      );
      this.#over.resolve();
    }
  }

  async #drain(subsystem: Subsystem, withinMs: number): Promise<void> {
    try {
      await within(subsystem.drain?.() ?? Promise.resolve(), withinMs, `drain of ${subsystem.name}`);
    } catch (error) {
      this.#failed = true;
      this.#log.error({ err: error, subsystem: subsystem.name }, 'subsystem did not drain');
    }
  }

  /** The deadline itself, reached only when the event loop stood still: `run` resolves, and the process ends. */
  #giveUp(): void {
    this.#failed = true;
    this.#log.fatal({ deadlineMs: this.#deadlineMs }, 'the deadline for stopping has passed; giving up');
    this.#over.resolve();
  }
}
