/**
 * Tells systemd how the service is: starting, ready, stopping, and alive. Node has no datagram sockets of the local kind,
 * so each message is sent by `systemd-notify` (the unit needs NotifyAccess=all), which returns when systemd has read it.
 * Built by `main.ts` when systemd asked for it; the lifecycle calls `tell`.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import type { Phase, Subsystem } from './lifecycle.ts';
import type { SystemdSettings } from './systemd.ts';

export interface SystemdNoticeOptions {
  notify: NonNullable<SystemdSettings['notify']>;
  log: Logger;
}

const PROGRAM = 'systemd-notify';
/** It takes some milliseconds; a systemd that does not read for so long is not waited for. */
const SEND_TIMEOUT_MS = 2_000;

export class SystemdNotice implements Subsystem {
  readonly name = 'systemd';
  readonly #options: SystemdNoticeOptions;
  readonly #log: Logger;
  #watchdog: NodeJS.Timeout | null = null;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #fault: string | null = null;

  constructor(options: SystemdNoticeOptions) {
    this.#options = options;
    this.#log = options.log.child({ subsystem: this.name });
  }

  async start(): Promise<void> {
    // Not waited for: nothing depends on it, and READY comes after it in any case.
    this.#send('STATUS=Starting');
  }

  /** Called with each phase as it begins, and a few words on it. Never throws. */
  tell(phase: Phase, words: string): void {
    if (phase === 'ready') {
      this.#send('READY=1', `STATUS=Ready: ${words}`);
      this.#feedWatchdog();
    } else if (phase === 'draining') {
      this.#send('STOPPING=1', `STATUS=Draining: ${words}`);
    }
  }

  /** Safe in any state; resolves when the last message is sent or given up. Never rejects. */
  async stop(): Promise<void> {
    if (this.#watchdog !== null) clearInterval(this.#watchdog);
    this.#watchdog = null;
    await this.#last;
  }

  /** From the event loop, which is what it proves: a loop that stands still feeds nothing, and systemd acts. */
  #feedWatchdog(): void {
    const { watchdogMs } = this.#options.notify;
    if (watchdogMs === null) return;
    this.#watchdog ??= setInterval(() => {
      // One that is not sent yet says the same.
      if (this.#waiting === 0) this.#send('WATCHDOG=1');
    }, watchdogMs / 2);
  }

  /** In the order of the calls: STOPPING must not overtake READY. */
  #send(...assignments: string[]): void {
    this.#waiting += 1;
    this.#last = this.#last.then(() => this.#sendNow(assignments));
  }

  async #sendNow(assignments: string[]): Promise<void> {
    // A line break would begin another assignment.
    const lines = assignments.map((assignment) => assignment.replaceAll(/\s+/g, ' '));
    const env = { PATH: process.env['PATH'], NOTIFY_SOCKET: this.#options.notify.socket };
    try {
      await promisify(execFile)(PROGRAM, lines, { env, timeout: SEND_TIMEOUT_MS, killSignal: 'SIGKILL' });
      this.#fault = null;
    } catch (error) {
      this.#complain(error);
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Once for each fault, and not once for each message. */
  #complain(error: unknown): void {
    const fault = explainFault(error);
    if (fault !== this.#fault) this.#log.error({ err: error }, fault);
    this.#fault = fault;
  }
}

function explainFault(error: unknown): string {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  return isMissing
    ? `systemd asks to be told when the service is ready (NOTIFY_SOCKET), but there is no ${PROGRAM} on the PATH; install the package systemd, or set Type=exec and no WatchdogSec= in the unit`
    : `${PROGRAM} could not tell systemd how the service is; see that the unit has NotifyAccess=all and that the service may use AF_UNIX`;
}
