/**
 * Tells what became of a request from what was seen of it. Pure; called by `generator.ts` when a request ends.
 */
import type { Fate } from '../../harness/observation.ts';

/** What was seen of one request. Times are of `performance.now()`. */
export interface RequestTrace {
  /** When it was put on a connection; absent when it never was. */
  sentAtMs?: number;
  /** Whether its connection had answered before. */
  reused: boolean;
  /** Status of the answer, once its headers came. */
  status?: number;
  /** Whether the answer came to its end. */
  complete: boolean;
  /** Code (or name) and text of what ended it otherwise. */
  error?: { code: string; message: string };
}

/** The moments of the restart that a fate depends on. Times are of `performance.now()`. */
export interface Strike {
  /** When the stop signal was sent. */
  signalAtMs?: number;
  /** When the exit was seen: whatever answers later is the next life. */
  exitAtMs?: number;
}

const REFUSALS = new Set(['ECONNREFUSED']);
const TIMEOUTS = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
  'LATE',
]);
const RESETS = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET']);

export function fateOf(trace: RequestTrace, expected: readonly number[], strike: Strike): Fate {
  if (trace.complete && trace.status !== undefined)
    return fateOfAnswer(trace, trace.status, expected, strike);
  if (trace.status !== undefined) return 'cut';
  const code = trace.error?.code ?? '';
  if (REFUSALS.has(code)) return 'refused';
  if (TIMEOUTS.has(code)) return 'late';
  return RESETS.has(code) ? fateOfReset(trace, strike) : 'failed';
}

function fateOfAnswer(
  trace: RequestTrace,
  status: number,
  expected: readonly number[],
  strike: Strike,
): Fate {
  if (expected.includes(status)) return 'answered';
  const ofNextLife = strike.exitAtMs !== undefined && (trace.sentAtMs ?? 0) > strike.exitAtMs;
  return ofNextLife ? 'earlyStatus' : 'wrongStatus';
}

function fateOfReset(trace: RequestTrace, strike: Strike): Fate {
  // Nobody had told the service to stop: a reset then is a fault whatever the connection.
  if (strike.signalAtMs === undefined) return 'failed';
  if (!trace.reused) return 'resetFresh';
  return (trace.sentAtMs ?? Infinity) <= strike.signalAtMs ? 'resetInFlight' : 'resetReused';
}
