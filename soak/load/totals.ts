/** Sums up a load: fates, latency, the first few requests of each fate that were not simply answered. */
import { build } from 'hdr-histogram-js';
import type { RequestTemplate } from '../../harness/config.ts';
import { FATES } from '../../harness/observation.ts';
import type { Fate, LoadTotals, LostRequest } from '../../harness/observation.ts';
import { fateOf } from './fate.ts';
import type { RequestTrace, Strike } from './fate.ts';

/** How many requests of each fate are kept as evidence. */
const KEPT_PER_FATE = 5;
const MICROSECONDS = 1_000;
const LONGEST_MICROSECONDS = 600_000_000;

/** Takes one request after the other; {@link Tally.totals} sums up. */
export interface Tally {
  take(template: RequestTemplate, trace: RequestTrace, dueAtMs: number): void;
  totals(appliedMs: number, inFlightAtSignal: number): LoadTotals;
}

/** `strike` may still change while requests are under way: fates are told at the end. */
export function createTally(strike: Strike): Tally {
  const ended: { template: RequestTemplate; trace: RequestTrace }[] = [];
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_MICROSECONDS,
    numberOfSignificantValueDigits: 3,
  });
  return {
    take(template, trace, dueAtMs) {
      ended.push({ template, trace });
      if (!trace.complete) return;
      const latency = Math.round((performance.now() - dueAtMs) * MICROSECONDS);
      histogram.recordValue(Math.min(Math.max(1, latency), LONGEST_MICROSECONDS));
    },
    totals(appliedMs, inFlightAtSignal) {
      const byFate = Object.fromEntries(FATES.map((fate) => [fate, 0])) as Record<Fate, number>;
      const lost: LostRequest[] = [];
      for (const { template, trace } of ended) {
        const fate = fateOf(trace, template.expect, strike);
        byFate[fate] += 1;
        if (fate !== 'answered' && byFate[fate] <= KEPT_PER_FATE)
          lost.push(lostRequest(fate, template, trace, strike));
      }
      const at = (percentile: number) => round(histogram.getValueAtPercentile(percentile) / MICROSECONDS);
      return {
        sent: ended.length,
        byFate,
        inFlightAtSignal,
        achievedPerSecond: appliedMs > 0 ? round(ended.length / (appliedMs / 1_000)) : 0,
        latencyMs: { p50: at(50), p90: at(90), p99: at(99), max: round(histogram.maxValue / MICROSECONDS) },
        lost,
      };
    },
  };
}

function lostRequest(
  fate: Fate,
  template: RequestTemplate,
  trace: RequestTrace,
  strike: Strike,
): LostRequest {
  const sentAfterSignalMs =
    trace.sentAtMs === undefined || strike.signalAtMs === undefined
      ? 0
      : round(trace.sentAtMs - strike.signalAtMs);
  return {
    fate,
    method: template.method,
    path: template.path,
    sentAfterSignalMs,
    reused: trace.reused,
    ...(trace.status === undefined ? {} : { status: trace.status }),
    ...(trace.error === undefined ? {} : { error: `${trace.error.code}: ${trace.error.message}` }),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
