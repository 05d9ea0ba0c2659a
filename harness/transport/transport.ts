/**
 * The contract of a transport: where and how a command runs. Implemented by `local.ts`, `ssh.ts` and whoever gives
 * `through.ts` a way in; callers need not know which it is.
 */
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** Where a command runs and with what. */
export interface CommandPlace {
  cwd?: string;
  /** The whole environment; when left out, that of whoever runs it there. */
  environment?: Record<string, string>;
  /** Written to its standard input, which ends then; without it there is no input. */
  input?: string | Buffer;
}

/** How a command is run to its end. */
export interface CommandOptions extends CommandPlace {
  /** The command is killed after this many milliseconds. */
  timeoutMs: number;
  /** Aborting it ends the command. */
  signal?: AbortSignal;
}

/** What became of a command: how it ended, or why it gave no result. A non-zero code is a result. */
export type CommandResult =
  | { ran: true; code: number; stdout: string; stderr: string; durationMs: number }
  | { ran: false; reason: string; durationMs: number };

/** How a command is run whose output is read while it comes. */
export interface StreamOptions extends CommandPlace {
  /** Aborting it ends the command. */
  signal?: AbortSignal;
}

/** A running command. It may fail to start: then `error` is emitted, as by any child process. */
export type StreamedCommand = ChildProcessByStdio<Writable, Readable, Readable>;

export interface Transport {
  /** Where commands run, for messages: `this host`. */
  readonly where: string;
  /** Runs a program with arguments (no shell syntax). Never rejects. */
  run(command: readonly string[], options: CommandOptions): Promise<CommandResult>;
  /** Starts a program whose output the caller reads as it comes; the caller ends it and sets the deadline. */
  stream(command: readonly string[], options?: StreamOptions): StreamedCommand;
}
