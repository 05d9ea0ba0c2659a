/** The process's log: JSON lines on standard output. Built by `main.ts`, handed to everything else. */
import { destination, pino, stdTimeFunctions, type Logger } from 'pino';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A logger, and the function that writes out what it still holds: the last thing a process does. */
export function createLogger(level: LogLevel): { log: Logger; flush: () => void } {
  // Synchronous, in this thread: a line that was logged is written, however the process ends.
  const stdout = destination({ dest: 1, sync: true });
  const log = pino({ level, timestamp: stdTimeFunctions.isoTime }, stdout);
  return { log, flush: () => stdout.flushSync() };
}
