/** What a client of the bench lost, and what it may say about that. Pure: requests and restarts in, figures out. */
import type { Fate } from '../../harness/observation.ts';

/** One restart as it was asked for and as systemd wrote it down. Times are of `performance.now()`. */
export interface Restart {
  askedAtMs: number;
  tookMs: number;
  /** When the unit was told to stop; absent when the restart was refused. */
  stopAtMs?: number;
  /** Why it does not count. */
  refused?: string;
}

export interface Request {
  dueAtMs: number;
  sentAtMs?: number;
  endedAtMs: number;
  fate: Fate;
  retried: boolean;
}

/** What a client saw in one turn; the times of different turns do not meet. */
export interface Turn {
  requests: readonly Request[];
  restarts: readonly Restart[];
}

export interface Result {
  sent: number;
  byFate: Record<
    'answered' | 'refused' | 'resetFresh' | 'resetReused' | 'cut' | 'wrongStatus' | 'late' | 'other',
    number
  >;
  lost: number;
  /** Asked twice, whatever came of it. */
  retried: number;
  restarts: number;
  refusedRestarts: number;
  /** In how many of the restarts at least one request was under way at the moment of the stop. */
  struck: number;
  /** In how many of them a request was lost. */
  lossy: number;
  /** Of the answered, from when they fell due. */
  latencyMs: { p50: number; p99: number; max: number };
  restartMs: { median: number; max: number };
  /** Why nothing can be said; empty when something can. */
  unknown: string[];
}

export function resultOf(turns: readonly Turn[], planned: number): Result {
  const requests = turns.flatMap((turn) => turn.requests);
  const restarts = turns.flatMap((turn) => turn.restarts);
  const done = restarts.filter(({ refused }) => refused === undefined);
  const answered = requests.filter(({ fate }) => fate === 'answered');
  const latencies = answered.map(({ dueAtMs, endedAtMs }) => endedAtMs - dueAtMs).sort((a, b) => a - b);
  const times = done.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const struck = sum(turns.map(struckOf));
  return {
    sent: requests.length,
    byFate: countFates(requests),
    lost: requests.length - answered.length,
    retried: requests.filter(({ retried }) => retried).length,
    restarts: done.length,
    refusedRestarts: restarts.length - done.length,
    struck,
    lossy: sum(turns.map(lossyOf)),
    latencyMs: { p50: at(latencies, 0.5), p99: at(latencies, 0.99), max: at(latencies, 1) },
    restartMs: { median: at(times, 0.5), max: at(times, 1) },
    unknown: [
      ...(requests.length === 0 ? ['nothing was sent'] : []),
      ...(done.length < planned ? [`${done.length} of ${planned} restarts were seen`] : []),
      ...(struck === 0 ? ['the load did not strike: no request was under way at any stop'] : []),
    ],
  };
}

/**
 * The share of restarts that lose something is smaller than this, at 95 %, when none of `restarts` did: the largest
 * share with which that many in a row still happens once in twenty (about 3 of `restarts`).
 */
export const boundOfNone = (restarts: number): number => (restarts === 0 ? 1 : 1 - 0.05 ** (1 / restarts));

function countFates(requests: readonly Request[]): Result['byFate'] {
  const counts = {
    answered: 0,
    refused: 0,
    resetFresh: 0,
    resetReused: 0,
    cut: 0,
    wrongStatus: 0,
    late: 0,
    other: 0,
  };
  for (const { fate } of requests) counts[fate in counts ? (fate as keyof typeof counts) : 'other'] += 1;
  return counts;
}

function struckOf({ requests, restarts }: Turn): number {
  return restarts.filter(
    ({ stopAtMs }) =>
      stopAtMs !== undefined &&
      requests.some(({ sentAtMs, endedAtMs }) => (sentAtMs ?? Infinity) <= stopAtMs && endedAtMs > stopAtMs),
  ).length;
}

/** A loss belongs to the restart before it. One before the first belongs to none, and is among the lost all the same. */
function lossyOf({ requests, restarts }: Turn): number {
  const lost = requests.filter(({ fate }) => fate !== 'answered');
  return restarts.filter(
    ({ askedAtMs, refused }, index) =>
      refused === undefined &&
      lost.some(
        ({ endedAtMs }) => endedAtMs >= askedAtMs && endedAtMs < (restarts[index + 1]?.askedAtMs ?? Infinity),
      ),
  ).length;
}

/** Of sorted values. */
const at = (values: readonly number[], share: number): number =>
  values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
