/**
 * What a judge is, and what judges share. A judge is a pure function from a history to opinions: it touches no disk,
 * no clock and no process. Judges live beside this file, one each; `soak/judge-history.ts` calls them.
 */
import type { Limits } from '../../harness/config.ts';
import type { FactKind, Observation, ObservationOf } from '../../harness/observation.ts';
import type { Location, Outcome } from '../../harness/verdict.ts';
import type { History } from '../history.ts';

/** One opinion; `judge-history.ts` completes it to a verdict. */
export interface Judgement {
  outcome: Outcome;
  message: string;
  /** Defaults to the name of the scenario. */
  subject?: string;
  /** Defaults to the judge's own. */
  fix?: string;
  /** The line of the service that it is about. */
  location?: Location;
  /** Files of the stage, with an optional `#fragment`: `observations.ndjson#cycle-3`. */
  evidence: string[];
}

/** A judge, documented: title, why and fix are printed with its verdicts. */
export interface Judge {
  id: string;
  /** The state that must hold. */
  title: string;
  /** What happens in production when it does not. */
  why: string;
  fix: string;
  judge(history: History, limits: Limits): Judgement[];
}

/** The observations of one kind, in order. */
export function observed<K extends FactKind>(
  history: Pick<History, 'observations'>,
  kind: K,
): ObservationOf<K>[] {
  return history.observations.filter(
    (observation): observation is Observation & ObservationOf<K> => observation.kind === kind,
  );
}

/** The cycles that were planned, from 1; empty when no plan was recorded. */
export function plannedCycles(history: History): number[] {
  const plan = observed(history, 'scenario-planned')[0];
  return plan === undefined ? [] : Array.from({ length: plan.cycles }, (_, index) => index + 1);
}

/** Planned cycles without an observation among `seen`. */
export function missingCycles(history: History, seen: readonly { cycle: number }[]): number[] {
  const cycles = new Set(seen.map(({ cycle }) => cycle));
  return plannedCycles(history).filter((cycle) => !cycles.has(cycle));
}

/** `cycle 3`, `cycles 1 and 2`, `cycles 1, 4-9 and 12`. */
export function nameCycles(cycles: readonly number[]): string {
  const unique = [...new Set(cycles)].sort((a, b) => a - b);
  if (unique.length === 1) return `cycle ${unique[0]}`;
  const parts = runsOf(unique).flatMap((run) =>
    run.length < 3 ? run.map(String) : [`${run[0]}-${run.at(-1)}`],
  );
  if (parts.length === 1) return `cycles ${parts[0]}`;
  return `cycles ${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** Cuts ascending numbers into runs of consecutive ones. */
function runsOf(numbers: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last?.at(-1) === number - 1) last.push(number);
    else runs.push([number]);
  }
  return runs;
}

export function cycleEvidence(cycles: readonly number[]): string[] {
  return [...new Set(cycles)].slice(0, 5).map((cycle) => `observations.ndjson#cycle-${cycle}`);
}

/** Evidence that is missing: `unknown`, whatever the rest looks like. `undefined` when there is some for every cycle. */
export function unknownWhenMissing(
  history: History,
  seen: readonly { cycle: number }[],
  what: string,
): Judgement | undefined {
  if (plannedCycles(history).length === 0) {
    return {
      outcome: 'unknown',
      message: `no plan of a scenario was recorded: ${what} cannot be judged`,
      evidence: [],
    };
  }
  const missing = missingCycles(history, seen);
  if (missing.length === 0) return undefined;
  const message = `no ${what} was seen in ${nameCycles(missing)} of ${plannedCycles(history).length}`;
  return { outcome: 'unknown', message, evidence: ['observations.ndjson'] };
}

/** Middle of the values, in milliseconds for a person. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** The item with the greatest value. */
export function worstBy<T>(items: readonly T[], valueOf: (item: T) => number): T | undefined {
  return items.reduce<T | undefined>(
    (worst, item) => (worst === undefined || valueOf(item) > valueOf(worst) ? item : worst),
    undefined,
  );
}

/** Milliseconds as people read them: `312 ms`, `4.7 ms`. */
export function ms(value: number): string {
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ms`;
}
