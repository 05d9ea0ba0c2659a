/**
 * The machine-readable summary of a run, `summary.json`. Pure; called by `gate/reports/`.
 * A reader that knows `schemaVersion` 1 may rely on every field below; new optional fields may be added to it.
 */
import { type Counts, countOutcomes, type Outcome } from '../verdict.ts';
import {
  contradictions,
  countCases,
  type ReportCase,
  reportCases,
  type ReportHeader,
  type RunSummaryInput,
} from './run-report.ts';

export const SUMMARY_SCHEMA_VERSION = 1;

/** What `summary.json` holds. */
export interface RunSummary {
  schemaVersion: typeof SUMMARY_SCHEMA_VERSION;
  tool: { name: string; version: string };
  runId: string;
  /** Subcommand and its arguments, as they were called. */
  command: string;
  argv: string[];
  /** ISO 8601, UTC. */
  startedAt: string;
  durationMs: number;
  /** `pass` only when every stage passed, the reports agree with the verdicts, and nothing contradicts it. */
  outcome: Outcome;
  /** 0 pass, 1 fail, 2 usage or configuration, 3 unknown, 130 and 143 interrupted. */
  exitCode: number;
  /** Why the outcome is not simply that of the stages. */
  reason?: string;
  /** Cases of each outcome; their sum is the number of test cases in the TAP and JUnit reports. */
  counts: Counts;
  /** In the order in which they ran. A stage named `gate` holds what the gate says about the run as a whole. */
  stages: StageSummary[];
  /** Every case that failed or is unknown, in full, the failed ones first. */
  findings: ReportCase[];
  /** Every case that did not run, with the reason. */
  skipped: { name: string; stage: string; check: string; subject: string; reason: string }[];
  /** What went wrong with the run or its reports beside the verdicts; not empty means that `outcome` is not `pass`. */
  problems: string[];
  git: { commit: string; dirty: boolean } | null;
  /** Versions of the Node that ran the harness and of the one that ran the service (null: none was started). */
  node: { harness: string; service: string | null };
  host: ReportHeader['host'];
  seed: number;
  /** Report files, relative to the folder of this summary, by format. */
  reports: Record<string, string>;
}

/** One stage in the summary. */
export interface StageSummary {
  name: string;
  outcome: Outcome;
  reason?: string;
  durationMs: number;
  counts: Counts;
  /** By check id. */
  checks: Record<string, { counts: Counts; durationMs: number }>;
}

/** What is known beside the run itself when the summary is written. */
export interface SummaryExtras {
  problems: string[];
  reports: Record<string, string>;
}

/** The summary as an object. Problems turn a pass into `unknown` and exit code 0 into 3. */
export function summarize(input: RunSummaryInput, extras: SummaryExtras): RunSummary {
  const cases = reportCases(input);
  const problems = allProblems(input, extras.problems);
  const { outcome, exitCode } = settledOutcome(input, problems);
  return {
    schemaVersion: SUMMARY_SCHEMA_VERSION,
    tool: { ...input.header.tool },
    runId: input.header.runId,
    command: input.header.command,
    argv: input.header.argv,
    startedAt: input.startedAt,
    durationMs: input.durationMs,
    outcome,
    exitCode,
    ...(input.reason === undefined ? {} : { reason: input.reason }),
    counts: countCases(cases),
    stages: stageSummaries(input, cases),
    findings: findingsOf(cases),
    skipped: cases.filter(({ outcome: one }) => one === 'skip').map(skippedEntry),
    problems,
    git: input.header.git ?? null,
    node: { harness: input.header.node.version, service: input.serviceNode ?? null },
    host: hostOf(input.header),
    seed: input.header.seed,
    reports: extras.reports,
  };
}

/** The summary as the text of `summary.json`. */
export function renderSummary(input: RunSummaryInput, extras: SummaryExtras): string {
  return `${JSON.stringify(summarize(input, extras), null, 2)}\n`;
}

/** Outcome and exit code of a run once the problems of its reports are known: a pass with a problem is unknown. */
export function settledOutcome(
  { outcome, exitCode }: Pick<RunSummaryInput, 'outcome' | 'exitCode'>,
  problems: readonly string[],
): { outcome: Outcome; exitCode: number } {
  if (problems.length === 0) return { outcome, exitCode };
  const settled = outcome === 'pass' || outcome === 'skip' ? 'unknown' : outcome;
  return { outcome: settled, exitCode: exitCode === 0 ? 3 : exitCode };
}

/** What is wrong with the run itself, with what is said about it, and with its reports; each once. */
export function allProblems(input: RunSummaryInput, ofReports: readonly string[]): string[] {
  return [...new Set([...(input.problems ?? []), ...contradictions(input), ...ofReports])];
}

/** What a person has to look at: failed first, then unknown, each in the order of the run. */
export function findingsOf(cases: readonly ReportCase[]): ReportCase[] {
  return [
    ...cases.filter(({ outcome }) => outcome === 'fail'),
    ...cases.filter(({ outcome }) => outcome === 'unknown'),
  ];
}

function stageSummaries(input: RunSummaryInput, cases: readonly ReportCase[]): StageSummary[] {
  const stages: StageSummary[] = input.stages.map((stage) => ({
    name: stage.name,
    outcome: stage.outcome,
    ...(stage.reason === undefined ? {} : { reason: stage.reason }),
    durationMs: stage.durationMs,
    ...tallies(cases.filter((one) => one.stage === stage.name)),
  }));
  const ownCases = cases.filter((one) => one.stage === 'gate');
  const [first] = ownCases;
  if (first === undefined) return stages;
  return [
    ...stages,
    { name: 'gate', outcome: first.outcome, reason: first.message, durationMs: 0, ...tallies(ownCases) },
  ];
}

function tallies(cases: readonly ReportCase[]): Pick<StageSummary, 'counts' | 'checks'> {
  const checks = Object.entries(Object.groupBy(cases, ({ check }) => check)).map(([check, group = []]) => [
    check,
    { counts: countOutcomes(group), durationMs: group.reduce((sum, { durationMs }) => sum + durationMs, 0) },
  ]);
  return { counts: countOutcomes(cases), checks: Object.fromEntries(checks) as StageSummary['checks'] };
}

function skippedEntry({ name, stage, check, subject, message }: ReportCase): RunSummary['skipped'][number] {
  return { name, stage, check, subject, reason: message };
}

function hostOf({ host }: ReportHeader): ReportHeader['host'] {
  const { name, platform, release, arch } = host;
  return { name, platform, release, arch };
}
