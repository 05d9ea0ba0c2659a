/** The process's log: JSON lines on standard output. Built by `main.ts`, handed to everything else. */
import { writeSync } from 'node:fs';
import { pino, stdTimeFunctions, type Logger } from 'pino';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const STANDARD_OUTPUT = 1;
const RETRY_MS = 10;
const RETRIES = 100;

/** A line that was logged is written, in this thread, when the call returns: there is nothing to flush, however it ends. */
export function createLogger(level: LogLevel): Logger {
  return pino({ level, timestamp: stdTimeFunctions.isoTime }, { write: lineWriter() });
}

/**
 * A line that cannot be written is lost: whoever reads it is being restarted, or the disk is full. To log that, or to
 * end for it, would be worse; and pino's own destination tries for ever, in this thread.
 */
function lineWriter(): (line: string) => void {
  let patience = RETRIES;
  return (line) => {
    let rest = Buffer.from(line);
    for (let tries = 0; rest.length > 0; tries += 1) {
      try {
        rest = rest.subarray(writeSync(STANDARD_OUTPUT, rest));
      } catch (error) {
        if (!isBusy(error)) return;
        if (tries >= patience) {
          // Who has not read for a second is not waited for again before it reads.
          patience = 0;
          return;
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      }
    }
    patience = RETRIES;
  };
}

/** A pipe that is full at the moment. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}
