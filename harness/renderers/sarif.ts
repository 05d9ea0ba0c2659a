/**
 * A run as SARIF 2.1.0, for code scanning and editors: what failed, with its path; what is unknown as `open` results
 * and as notifications; what is allowed or in the baseline as suppressed. Pure; called by `gate/reports/`.
 */
import { oneLine } from './clean-text.ts';
import { type ReportCase, reportCases, type RunSummaryInput } from './run-report.ts';
import { createPlaces, type Places, type PlaceOptions } from './sarif-places.ts';
import { type CheckDescription, describeRule, ruleIdOf, sentence } from './sarif-rules.ts';
import type { SarifLog, SarifNotification, SarifResult, SarifRule } from './sarif-types.ts';
import { allProblems, findingsOf, settledOutcome } from './summary.ts';

export interface SarifOptions extends PlaceOptions {
  /** What is known of the checks; one that is not described is named by its id. */
  checks: readonly CheckDescription[];
  /** What went wrong while the reports were written. */
  problems?: string[];
}

/** GitHub refuses a run with more. */
export const MOST_RESULTS = 25_000;
const MOST_NOTIFICATIONS = 1_000;

const EXIT_WORDS: Record<number, string> = {
  0: 'passed',
  1: 'failed',
  2: 'wrong usage or configuration',
  3: 'nothing failed, but something that was promised was not shown',
  130: 'interrupted by SIGINT',
  143: 'interrupted by SIGTERM',
};

export function renderSarif(input: RunSummaryInput, options: SarifOptions): string {
  return `${JSON.stringify(sarifLog(input, options), null, 2)}\n`;
}

function sarifLog(input: RunSummaryInput, options: SarifOptions): SarifLog {
  const cases = reportCases(input);
  const problems = allProblems(input, options.problems ?? []);
  const { outcome, exitCode } = settledOutcome(input, problems);
  const rules = rulesOf(cases, options.checks);
  const indices = new Map(rules.map(({ id }, index) => [id, index]));
  const writing: Writing = { places: createPlaces(options), indexOf: (id) => indices.get(id) ?? -1 };
  const told = [...findingsOf(cases), ...cases.filter(isSuppressed)];
  const endedAt = Date.parse(input.startedAt) + input.durationMs;
  const { tool, git, runId, command, argv } = input.header;
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: tool.name, semanticVersion: tool.version, language: 'en', rules } },
        // The last part is the run's own: the category under which runs replace each other is what stands before it.
        automationDetails: { id: `${tool.name}/${command}/${options.prefix}` },
        originalUriBaseIds: { SRCROOT: { description: { text: 'The root of the repository.' } } },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: exitCode === 0 || exitCode === 1,
            exitCode,
            exitCodeDescription: EXIT_WORDS[exitCode] ?? 'ended otherwise',
            arguments: argv,
            startTimeUtc: input.startedAt,
            endTimeUtc: new Date(endedAt).toISOString(),
            toolExecutionNotifications: executionNotes(cases, told.length, writing),
            toolConfigurationNotifications: problems.map((problem) => ({
              level: 'error',
              message: { text: sentence(problem) },
            })),
          },
        ],
        results: told.slice(0, MOST_RESULTS).map((one) => resultOf(one, writing)),
        properties: { runId, outcome, ...(git === undefined ? {} : { commit: git.commit }) },
      },
    ],
  };
}

interface Writing {
  places: Places;
  indexOf(ruleId: string): number;
}

/** Found and not counted: shown as suppressed (or as a note), unless the change leaves it alone. */
const isSuppressed = ({ suppressed }: ReportCase): boolean =>
  suppressed !== undefined && suppressed.by !== 'elsewhere';

/** Every check that is described, and every other one that says something in this run; sorted, so that runs compare. */
function rulesOf(cases: readonly ReportCase[], checks: readonly CheckDescription[]): SarifRule[] {
  const described = new Map(checks.map((each) => [each.id, each]));
  const ids = new Set([
    ...described.keys(),
    ...[...findingsOf(cases), ...cases.filter(isSuppressed)].map(ruleIdOf),
  ]);
  return [...ids].sort().map((id) => describeRule(described.get(id) ?? { id, title: `the check ${id}` }));
}

function resultOf(one: ReportCase, { places, indexOf }: Writing): SarifResult {
  const ruleId = ruleIdOf(one);
  const { suppressed, path = [] } = one;
  const flow = path.map(({ location, note }) => ({
    location: { ...places.at(location), message: { text: sentence(note) } },
  }));
  const fix = one.fix === undefined || one.outcome === 'skip' ? '' : ` Fix: ${sentence(one.fix)}`;
  const location = one.location === undefined ? places.whole() : places.at(one.location);
  return {
    ruleId,
    ruleIndex: indexOf(ruleId),
    ...SEVERITY[suppressed?.by === 'advisory' ? 'advisory' : one.outcome],
    message: { text: `${sentence(suppressed?.message ?? one.message) || 'No message was given.'}${fix}` },
    ...(location === undefined ? {} : { locations: [location] }),
    ...(flow.length === 0 ? {} : { codeFlows: [{ threadFlows: [{ locations: flow }] }] }),
    partialFingerprints: { primaryLocationLineHash: `${one.fingerprint}:1`, 'shakedown/v1': one.fingerprint },
    ...suppressionOf(one),
    properties: {
      stage: one.stage,
      subject: oneLine(one.subject),
      ...(one.messageId === undefined ? {} : { messageId: one.messageId }),
    },
  };
}

/** What was not decided is `open`, and the standard then wants no level; the notifications say how grave it is. */
const SEVERITY = {
  fail: { kind: 'fail', level: 'error' },
  skip: { kind: 'fail', level: 'error' },
  advisory: { kind: 'fail', level: 'note' },
  unknown: { kind: 'open', level: 'none' },
  pass: { kind: 'open', level: 'none' },
} as const satisfies Record<ReportCase['outcome'] | 'advisory', Pick<SarifResult, 'kind' | 'level'>>;

function suppressionOf({ suppressed }: ReportCase): Pick<SarifResult, 'suppressions'> {
  if (suppressed === undefined || suppressed.by === 'advisory') return {};
  const kind = suppressed.by === 'allow' ? 'inSource' : 'external';
  return { suppressions: [{ kind, status: 'accepted', justification: sentence(suppressed.reason) }] };
}

/** What could not be shown, what stands elsewhere, and what had no room. */
function executionNotes(cases: readonly ReportCase[], told: number, writing: Writing): SarifNotification[] {
  const unknown = cases.filter(({ outcome }) => outcome === 'unknown');
  const notes = unknown.slice(0, MOST_NOTIFICATIONS).map((one) => unknownNote(one, writing));
  const elsewhere = cases.filter(({ suppressed }) => suppressed?.by === 'elsewhere').length;
  const say = (level: SarifNotification['level'], text: string): void => {
    notes.push({ level, message: { text } });
  };
  if (unknown.length > MOST_NOTIFICATIONS)
    say('warning', `${unknown.length - MOST_NOTIFICATIONS} more notifications of this kind are left out.`);
  if (elsewhere > 0)
    say('note', `${elsewhere} more findings stand where nothing was changed; they are left out.`);
  if (told > MOST_RESULTS)
    say('warning', `${told - MOST_RESULTS} of ${told} results are left out: readers take ${MOST_RESULTS}.`);
  return notes;
}

function unknownNote(one: ReportCase, { places, indexOf }: Writing): SarifNotification {
  const id = ruleIdOf(one);
  return {
    level: 'warning',
    message: { text: `Not decided: ${sentence(one.message) || 'No message was given.'}` },
    associatedRule: { id, index: indexOf(id) },
    ...(one.location === undefined ? {} : { locations: [places.at(one.location)] }),
  };
}
