/**
 * Runs a command on this host, through zx. Used by the preflight, the supervisors and scenarios; a transport into
 * a machine or over ssh has the same shape, so that callers need not know where a command runs.
 */
import { $ } from 'zx';
import { errorText } from '../errors.ts';

/** How a command is run. */
export interface CommandOptions {
  /** The command is killed after this many milliseconds. */
  timeoutMs: number;
  cwd?: string;
  /** The whole environment; that of the harness when left out. */
  environment?: Record<string, string>;
  /** Aborting it ends the command. */
  signal?: AbortSignal;
}

/** What became of a command: how it ended, or why it gave no result. A non-zero code is a result. */
export type CommandResult =
  | { ran: true; code: number; stdout: string; stderr: string; durationMs: number }
  | { ran: false; reason: string; durationMs: number };

export interface Transport {
  /** Where commands run, for messages: `this host`. */
  readonly where: string;
  /** Runs a program with arguments (no shell syntax). Never rejects. */
  run(command: readonly string[], options: CommandOptions): Promise<CommandResult>;
}

/** The host the harness runs on. */
export const localTransport: Transport = { where: 'this host', run: runLocally };

async function runLocally(command: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const startedAt = performance.now();
  const since = () => performance.now() - startedAt;
  const shell = $({
    quiet: true,
    nothrow: true,
    timeout: `${Math.max(1, Math.round(options.timeoutMs))}ms`,
    timeoutSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.environment === undefined ? {} : { env: options.environment }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    const output = await shell`${[...command]}`;
    const name = command.join(' ');
    if (options.signal?.aborted) return { ran: false, reason: `interrupted: ${name}`, durationMs: since() };
    if (output.exitCode === null || output.signal !== null) {
      const reason = `${name} ended by ${output.signal ?? 'a signal'} (limit ${options.timeoutMs} ms)`;
      return { ran: false, reason, durationMs: since() };
    }
    if (output.exitCode === 127)
      return { ran: false, reason: `${name}: ${output.stderr.trim()}`, durationMs: since() };
    return {
      ran: true,
      code: output.exitCode,
      stdout: output.stdout,
      stderr: output.stderr,
      durationMs: since(),
    };
  } catch (error) {
    return { ran: false, reason: errorText(error), durationMs: since() };
  }
}
