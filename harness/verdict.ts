/**
 * The verdict: one opinion about one subject. Every stage produces verdicts, the gate merges them.
 * Pure; imported by every room of the repository.
 */
import { createHash } from 'node:crypto';

/** How a subject came out. The order of severity is that of {@link OUTCOME_RANK}. */
export type Outcome = 'fail' | 'unknown' | 'pass' | 'skip';

/** Severity of each outcome: a merge takes the highest rank. */
export const OUTCOME_RANK = { fail: 3, unknown: 2, pass: 1, skip: 0 } as const satisfies Record<
  Outcome,
  number
>;

/** The parts of a gate, in the order in which they run; `companions` lasts as long as those that run the service. */
export const STAGES = ['preflight', 'source', 'deployment', 'companions', 'routes', 'soak'] as const;
/** A watch is no part of a gate: it goes on beside it, with reports of its own. */
export type StageName = (typeof STAGES)[number] | 'watch';

/** A place in a source file. Line and column count from 1; the file is relative to the project root, with `/`. */
export interface Location {
  file: string;
  line: number;
  column: number;
}

/** One step of the path that shows a finding: opened here, stored there, no release on any path. */
export interface PathStep {
  location: Location;
  note: string;
}

/** Why something that was found does not count: a comment, a setting, the baseline, or that the change leaves it alone. */
export interface Suppression {
  by: 'allow' | 'advisory' | 'baseline' | 'elsewhere';
  /** What the comment or the entry of the baseline says; for the others what they are. */
  reason: string;
  /** What was found, as it would have been told. */
  message: string;
}

/** An opinion about one subject of one check, with what it rests on. Flat, so that every report format can carry it. */
export interface Verdict {
  stage: StageName;
  /** Rule id, judge id or assertion id: the name a user silences or explains. */
  check: string;
  /** What was examined, in words that do not change when lines move: `src/main.ts Lifecycle.stop: server.close()`. */
  subject: string;
  outcome: Outcome;
  /** One line: what was seen and where. */
  message: string;
  /** What to do about it; absent on a pass. */
  fix?: string;
  location?: Location;
  path?: PathStep[];
  /** Which of the check's messages it is. */
  messageId?: string;
  /** Found all the same, and skipped for this reason. */
  suppressed?: Suppression;
  /** The check of the same stage whose verdict explains this one: nothing more is wrong than is said there. */
  because?: string;
  /** Files of the run that hold the evidence, relative to the run's folder, with an optional `#fragment`. */
  evidence: string[];
  /** ISO 8601, UTC. */
  startedAt: string;
  durationMs: number;
  /** Stable from run to run and across line moves: derived from stage, check and subject. */
  fingerprint: string;
}

/** What a check has to say; {@link createVerdict} adds the rest. */
export type VerdictInput = Omit<Verdict, 'fingerprint' | 'evidence' | 'durationMs'> &
  Partial<Pick<Verdict, 'evidence' | 'durationMs'>>;

/** A finding that does not count, and says so: `allowed: ends with the process (interval ... is never released)`. */
export function suppress<T extends Verdict>(finding: T, by: Suppression['by'], reason: string): T {
  const { message } = finding;
  const told = SUPPRESSED[by](reason, message);
  return { ...finding, outcome: 'skip', message: told, suppressed: { by, reason, message } };
}

const SUPPRESSED = {
  allow: (reason, message) => `allowed: ${reason} (${message})`,
  advisory: (_reason, message) => `advisory: ${message}`,
  baseline: (reason, message) => `baseline: ${reason} (${message})`,
  elsewhere: (reason, message) => `elsewhere: ${reason} (${message})`,
} as const satisfies Record<Suppression['by'], (reason: string, message: string) => string>;

/** Completes a verdict: one-line message, default evidence and duration, fingerprint. */
export function createVerdict(input: VerdictInput): Verdict {
  return {
    ...input,
    message: input.message.replace(/\s+/g, ' ').trim(),
    evidence: input.evidence ?? [],
    durationMs: input.durationMs ?? 0,
    fingerprint: fingerprintOf(input.stage, input.check, input.subject),
  };
}

/** Sixteen hexadecimal digits that name a subject of a check for as long as it exists. */
export function fingerprintOf(stage: StageName, check: string, subject: string): string {
  return createHash('sha256').update([stage, check, subject].join('\0')).digest('hex').slice(0, 16);
}

/**
 * Merges outcomes, worst first: fail, unknown, pass, skip.
 * Nothing to merge, and nothing but skips, is `unknown`: silence is not a pass.
 */
export function worstOf(outcomes: Iterable<Outcome>): Outcome {
  let worst: Outcome = 'skip';
  for (const outcome of outcomes) if (OUTCOME_RANK[outcome] > OUTCOME_RANK[worst]) worst = outcome;
  return worst === 'skip' ? 'unknown' : worst;
}

/** How many verdicts there are of each outcome. */
export type Counts = Record<Outcome, number>;

export function countOutcomes(verdicts: Iterable<Pick<Verdict, 'outcome'>>): Counts {
  const counts: Counts = { fail: 0, unknown: 0, pass: 0, skip: 0 };
  for (const verdict of verdicts) counts[verdict.outcome] += 1;
  return counts;
}
