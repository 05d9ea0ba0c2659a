/**
 * What a report is made of, and the one list of cases that every format shows: the verdicts of all stages, and one
 * more case wherever a stage or the whole run came out worse than its verdicts say. So no format can be greener
 * than the run. Pure; called by `gate/reports/` and the renderers.
 */
import { createHash } from 'node:crypto';
import type { RunHeader } from '../run-store.ts';
import {
  countOutcomes,
  type Counts,
  type Outcome,
  OUTCOME_RANK,
  type StageName,
  type Verdict,
} from '../verdict.ts';
import { cutText, oneLine } from './clean-text.ts';
import type { MoodTable } from './mood-table.ts';

/** What a report says about where and how the run took place. A {@link RunHeader} fits. */
export type ReportHeader = Pick<RunHeader, 'runId' | 'command' | 'argv' | 'seed' | 'tool' | 'git'> & {
  /** The Node that ran the harness. */
  node: { version: string };
  host: { name: string; platform: string; release: string; arch: string };
};

/** One stage as the gate saw it end. */
export interface StageReport {
  name: StageName;
  outcome: Outcome;
  verdicts: Verdict[];
  durationMs: number;
  /** Why the outcome is not simply that of the verdicts: a crash, an interruption, not chosen, declared unavailable. */
  reason?: string;
}

/** A finished run: everything that the reports are rendered from. */
export interface RunSummaryInput {
  header: ReportHeader;
  stages: StageReport[];
  /** What the gate made of the stages. */
  outcome: Outcome;
  exitCode: number;
  /** ISO 8601, UTC. */
  startedAt: string;
  durationMs: number;
  /** Why the outcome is not simply that of the stages: the signal or the deadline that ended the run early. */
  reason?: string;
  /** The Node that ran the service, as the supervisor found it. */
  serviceNode?: string;
  /** What else went wrong with the run: damaged files, a stale build. */
  problems?: string[];
  /** What the service made of the moods of a companion. */
  moods?: MoodTable;
}

/** A verdict as the reports list it; `gate` is the stage of what the gate has to say about the run as a whole. */
export type ReportCase = Omit<Verdict, 'stage'> & {
  stage: StageName | 'gate';
  /** Unique in the report, one line: `source/start-awaited src/main.ts: start()`. */
  name: string;
};

/** Longest name of a case, in bytes: readers use it as a key, a column and a link. */
const MAX_NAME_BYTES = 1_000;

/** Every case of the run, with unique names, in the order in which the stages ran. Never empty. */
export function reportCases(input: RunSummaryInput): ReportCase[] {
  const bare = input.stages.flatMap((stage) => stageCases(stage, input.startedAt));
  const missing = missingOutcome(input.outcome, input.exitCode, bare);
  if (missing !== undefined) bare.push(gateCase(input, missing, bare.length === 0));
  return withUniqueNames(bare);
}

/**
 * Contradictions between what the gate says and what its stages and verdicts say, each as one sentence.
 * A run with any of them must not be called passed.
 */
export function contradictions(input: RunSummaryInput): string[] {
  const found: string[] = [];
  const cases = reportCases(input);
  const worst = worstIn(cases);
  const interrupted = input.exitCode >= 128;
  if (!interrupted && OUTCOME_RANK[worst] > OUTCOME_RANK[input.outcome]) {
    const first = cases.find((one) => one.outcome === worst);
    found.push(
      `the run is called ${input.outcome} (exit ${input.exitCode}), but its cases hold ${worst}: ${first?.name}`,
    );
  }
  for (const stage of input.stages) {
    const worstOfStage = worstIn(stage.verdicts);
    if (OUTCOME_RANK[worstOfStage] <= OUTCOME_RANK[stage.outcome]) continue;
    found.push(`the stage ${stage.name} is called ${stage.outcome}, but its verdicts hold ${worstOfStage}`);
  }
  if (input.exitCode === 0 && input.outcome !== 'pass')
    found.push(`exit code 0 with outcome ${input.outcome}`);
  if (input.exitCode !== 0 && input.outcome === 'pass')
    found.push(`exit code ${input.exitCode} with outcome pass`);
  return found;
}

/** How many cases there are of each outcome: the numbers that every format has to agree on. */
export function countCases(cases: readonly ReportCase[]): Counts {
  return countOutcomes(cases);
}

/** `src/main.ts:12:5`, or `src/main.ts:12` without a column. */
export function placeText(location: { file: string; line: number; column?: number }): string {
  const column = location.column === undefined ? '' : `:${location.column}`;
  return `${oneLine(location.file)}:${location.line}${column}`;
}

type BareCase = Omit<ReportCase, 'name'>;

function stageCases(stage: StageReport, runStartedAt: string): BareCase[] {
  const cases: BareCase[] = [...stage.verdicts];
  const outcome = missingOutcome(stage.outcome, 0, stage.verdicts);
  if (outcome === undefined) return cases;
  return [
    ...cases,
    {
      stage: stage.name,
      check: 'stage',
      subject: 'the stage as a whole',
      outcome,
      message: stage.reason ?? silenceOf(stage),
      evidence: [],
      startedAt: cases[0]?.startedAt ?? runStartedAt,
      durationMs: cases.length === 0 ? stage.durationMs : 0,
      fingerprint: fingerprint(stage.name, 'stage', 'the stage as a whole'),
    },
  ];
}

function silenceOf({ verdicts, outcome }: StageReport): string {
  if (verdicts.length === 0) return 'the stage gave no verdict: nothing was shown';
  if (verdicts.every((one) => one.outcome === 'skip'))
    return 'the stage skipped everything: nothing was shown';
  return `the gate calls the stage ${outcome}, and no verdict of it says why`;
}

function gateCase(input: RunSummaryInput, outcome: Outcome, empty: boolean): BareCase {
  const subject = empty ? 'produced no verdict' : 'outcome';
  return {
    stage: 'gate',
    check: 'outcome',
    subject,
    outcome,
    message:
      input.reason ??
      (empty
        ? 'gate produced no verdict'
        : `the gate calls the run ${input.outcome} and exits ${input.exitCode}`),
    evidence: [],
    startedAt: input.startedAt,
    durationMs: 0,
    fingerprint: fingerprint('gate', 'outcome', subject),
  };
}

/** The outcome that was stated and that no case carries; a pass that nothing supports is unknown. */
function missingOutcome(
  stated: Outcome,
  exitCode: number,
  cases: readonly Pick<Verdict, 'outcome'>[],
): Outcome | undefined {
  const wanted = exitCode !== 0 && OUTCOME_RANK[stated] < OUTCOME_RANK.unknown ? 'unknown' : stated;
  if (cases.length === 0) return wanted === 'pass' ? 'unknown' : wanted;
  if (OUTCOME_RANK[worstIn(cases)] >= OUTCOME_RANK[wanted]) return undefined;
  return wanted === 'pass' ? 'unknown' : wanted;
}

function worstIn(cases: readonly Pick<Verdict, 'outcome'>[]): Outcome {
  return cases.reduce<Outcome>(
    (worst, { outcome }) => (OUTCOME_RANK[outcome] > OUTCOME_RANK[worst] ? outcome : worst),
    'skip',
  );
}

function withUniqueNames(cases: readonly BareCase[]): ReportCase[] {
  const taken = new Set<string>();
  const timesSeen = new Map<string, number>();
  return cases.map((one) => {
    const base = nameOf(one);
    let count = timesSeen.get(base) ?? 0;
    let name: string;
    do {
      count += 1;
      name = count === 1 ? base : `${base} (${count})`;
    } while (taken.has(name));
    timesSeen.set(base, count);
    taken.add(name);
    return { ...one, name };
  });
}

function nameOf(one: BareCase): string {
  const words = one.stage === 'gate' ? `gate ${one.subject}` : `${one.stage}/${one.check} ${one.subject}`;
  // A brace at the end opens a subtest in TAP: the name has to be the same in every format.
  return cutText(oneLine(words), MAX_NAME_BYTES).replace(/\{$/, '{}');
}

function fingerprint(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);
}
