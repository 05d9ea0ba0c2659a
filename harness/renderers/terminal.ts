/**
 * The report a person reads: one line per stage, each finding with its source and its path, what was skipped, and
 * the result as the last line. Pure string building; the gate prints it and says whether colour is wanted.
 */
import type { Location, Outcome, PathStep } from '../verdict.ts';
import { oneLine, cutText } from './clean-text.ts';
import { codeFrame, type FrameLine } from './code-frame.ts';
import { measuredLines } from './measured-lines.ts';
import { type MoodTable, moodTableLines } from './mood-table.ts';
import { countCases, placeText, type ReportCase, reportCases, type RunSummaryInput } from './run-report.ts';
import { skippedLines } from './skipped-lines.ts';
import { allProblems, findingsOf, settledOutcome } from './summary.ts';

export interface TerminalOptions {
  /** ANSI colours; without them the text is the same, in plain lines. */
  colour: boolean;
  /** Text of a source file by the path that a location gives; undefined: there is none, and no frame. */
  sourceOf(file: string): string | undefined;
  /** The run's folder as a user types it: `runs/20261123T042648Z-gate`. */
  runFolder: string;
  /** What went wrong while the reports were written. */
  problems?: string[];
  /** Findings and the result only, and nothing when all is well. */
  quiet?: boolean;
}

/** Findings shown in full; further ones get a line each. */
const MAX_DETAILED = 50;
const MAX_MESSAGE_BYTES = 2_000;
/** Columns that a terminal is taken to have. */
const TABLE_WIDTH = 110;
/** Longest usual name of a stage. */
const NAME_WIDTH = 9;

type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';
type Paint = (style: Style, text: string) => string;

const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const satisfies Record<
  Style,
  number
>;

const LOOK = {
  fail: { sign: '✖', word: 'FAIL', count: 'failed', style: 'red' },
  unknown: { sign: '?', word: 'UNKNOWN', count: 'unknown', style: 'yellow' },
  pass: { sign: '✔', word: 'PASS', count: 'passed', style: 'green' },
  skip: { sign: '-', word: 'SKIP', count: 'skipped', style: 'dim' },
} as const satisfies Record<Outcome, { sign: string; word: string; count: string; style: Style }>;

const OUTCOMES = ['fail', 'unknown', 'pass', 'skip'] as const satisfies Outcome[];

/** The whole report, ending in a newline. Its last line is the result. */
export function renderTerminal(input: RunSummaryInput, options: TerminalOptions): string {
  const paint: Paint = options.colour
    ? (style, text) => `\u001b[${CODES[style]}m${text}\u001b[0m`
    : (_style, text) => text;
  const cases = reportCases(input);
  const problems = allProblems(input, options.problems ?? []);
  const quiet = options.quiet === true;
  if (quiet && settledOutcome(input, problems).exitCode === 0) return '';
  const loud = (lines: () => string[]): string[] => (quiet ? [] : lines());
  const blocks = [
    loud(() => stageLines(input, cases, paint)),
    ...findingBlocks(ownFindings(cases), options, paint),
    consequenceLines(cases, paint),
    loud(() => measuredBlock(cases, input.moods, paint)),
    loud(() => moodLines(input.moods, options, paint)),
    loud(() => skippedBlock(cases, paint)),
    problemLines(problems, paint),
    [resultLine(input, cases, problems, options, paint)],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function stageLines(input: RunSummaryInput, cases: readonly ReportCase[], paint: Paint): string[] {
  const rows = input.stages.map((stage) => ({
    stage,
    counts: countText(cases.filter((one) => one.stage === stage.name)) || 'nothing ran',
  }));
  const width = Math.max(0, ...rows.map(({ counts }) => counts.length));
  const names = Math.max(NAME_WIDTH, ...rows.map(({ stage }) => stage.name.length));
  return rows.map(({ stage, counts }) => {
    const { sign, word, style } = LOOK[stage.outcome];
    const label = paint(style, `${sign} ${word.padEnd(7)}`);
    const time = secondsText(stage.durationMs).padStart(8);
    const reason = stage.reason === undefined ? '' : `  ${oneLine(stage.reason)}`;
    return `${label}  ${paint('bold', stage.name.padEnd(names))}  ${counts.padEnd(width)}  ${paint('dim', time)}${reason}`;
  });
}

function findingBlocks(findings: readonly ReportCase[], options: TerminalOptions, paint: Paint): string[][] {
  const blocks = findings.slice(0, MAX_DETAILED).map((one) => findingLines(one, options, paint));
  const rest = findings.slice(MAX_DETAILED);
  if (rest.length === 0) return blocks;
  const heading = paint('bold', `${rest.length} more, in full in ${options.runFolder}/summary.json:`);
  return [...blocks, [heading, ...rest.map((one) => `  ${labelOf(one, paint)} ${one.name}`)]];
}

/** Findings that no other one explains. */
function ownFindings(cases: readonly ReportCase[]): ReportCase[] {
  return findingsOf(cases).filter((one) => causeOf(one, cases) === undefined);
}

/** One line for all that could not be shown because of the same finding. */
function consequenceLines(cases: readonly ReportCase[], paint: Paint): string[] {
  const explained = Map.groupBy(
    findingsOf(cases).filter((one) => causeOf(one, cases) !== undefined),
    (one) => `${one.stage}/${one.because}`,
  );
  return [...explained].map(([cause, ones]) => {
    const checks = [...new Set(ones.map(({ check }) => oneLine(check)))].join(', ');
    return `${paint(LOOK.unknown.style, `${LOOK.unknown.sign} ${LOOK.unknown.word}`)} because of ${cause}: ${checks}`;
  });
}

/** The finding that explains this one, if it is on show itself. */
function causeOf(one: ReportCase, cases: readonly ReportCase[]): ReportCase | undefined {
  if (one.because === undefined || one.outcome !== 'unknown') return undefined;
  return findingsOf(cases).find(
    ({ stage, check, because }) => stage === one.stage && check === one.because && because === undefined,
  );
}

function findingLines(one: ReportCase, options: TerminalOptions, paint: Paint): string[] {
  const title = one.stage === 'gate' ? 'gate' : `${one.stage}/${oneLine(one.check)}`;
  const lines = [`${labelOf(one, paint)} ${paint('bold', title)}  ${oneLine(one.subject)}`.trimEnd()];
  lines.push(`  ${cutText(oneLine(one.message), MAX_MESSAGE_BYTES) || 'no message was given'}`);
  if (one.location !== undefined) {
    lines.push(`  ${paint('cyan', placeText(one.location))}`);
    lines.push(...frameLines(one.location, options, paint));
  }
  lines.push(...field('path', pathLines(one.path ?? [], paint), paint));
  lines.push(...field('fix', one.fix === undefined ? [] : [oneLine(one.fix)], paint));
  lines.push(
    ...field(
      'evidence',
      one.evidence.map((file) => `${options.runFolder}/${oneLine(file)}`),
      paint,
    ),
  );
  return lines;
}

function frameLines({ file, line, column }: Location, options: TerminalOptions, paint: Paint): string[] {
  const source = options.sourceOf(file);
  if (source === undefined) return [];
  const frame = codeFrame(source, line, column);
  if (frame.length === 0) return [`  ${paint('dim', `(the file has no line ${line} any more)`)}`];
  return ['', ...frame.map((part) => frameText(part, paint)), ''];
}

function labelOf(one: ReportCase, paint: Paint): string {
  const { sign, word, style } = LOOK[one.outcome];
  return paint(style, `${sign} ${word}`);
}

const FRAME_STYLE = {
  around: ['dim', 'dim'],
  marked: ['red', undefined],
  caret: ['dim', 'red'],
} as const satisfies Record<FrameLine['kind'], readonly [Style, Style | undefined]>;

function frameText({ gutter, text, kind }: FrameLine, paint: Paint): string {
  const [ofGutter, ofText] = FRAME_STYLE[kind];
  const code = text === '' ? '' : ` ${ofText === undefined ? text : paint(ofText, text)}`;
  return `    ${paint(ofGutter, gutter)}${code}`;
}

function pathLines(path: readonly PathStep[], paint: Paint): string[] {
  const width = Math.max(0, ...path.map(({ location }) => placeText(location).length));
  return path.map(({ location, note }, index) => {
    const arrow = index === 0 ? '' : '→ ';
    return `${paint('cyan', placeText(location).padEnd(width))}  ${arrow}${oneLine(note)}`;
  });
}

/** Lines under one word in the margin. */
function field(name: string, values: readonly string[], paint: Paint): string[] {
  return values.map((value, index) => `  ${paint('dim', (index === 0 ? name : '').padEnd(9))} ${value}`);
}

function measuredBlock(cases: readonly ReportCase[], moods: MoodTable | undefined, paint: Paint): string[] {
  const lines = measuredLines(cases, new Set(moods?.checks));
  return lines.length === 0 ? [] : [paint('bold', 'Measured by the soak'), ...lines];
}

function moodLines(moods: MoodTable | undefined, { runFolder }: TerminalOptions, paint: Paint): string[] {
  if (moods === undefined) return [];
  const heading = `Moods of ${moods.companion}, in seconds (✖ failed, ? unknown)`;
  return [
    paint('bold', heading),
    ...moodTableLines(moods, TABLE_WIDTH - 2).map((line) => `  ${line}`.trimEnd()),
    `  ${paint('dim', `in words: ${runFolder}/stages/soak/moods.md`)}`,
  ];
}

function skippedBlock(cases: readonly ReportCase[], paint: Paint): string[] {
  const lines = skippedLines(cases);
  const count = cases.filter(({ outcome }) => outcome === 'skip').length;
  return lines.length === 0 ? [] : [paint('bold', `Skipped (${count})`), ...lines];
}

function problemLines(problems: readonly string[], paint: Paint): string[] {
  if (problems.length === 0) return [];
  const heading = paint(
    'yellow',
    `Problems with the run or its reports (${problems.length}): it cannot be called passed`,
  );
  return [heading, ...problems.map((problem) => `  ? ${oneLine(problem)}`)];
}

function resultLine(
  input: RunSummaryInput,
  cases: readonly ReportCase[],
  problems: readonly string[],
  options: TerminalOptions,
  paint: Paint,
): string {
  const { outcome, exitCode } = settledOutcome(input, problems);
  const counts = countCases(cases);
  const numbers = OUTCOMES.map((one) => `${counts[one]} ${LOOK[one].count}`).join(', ');
  const result = paint(LOOK[outcome].style, paint('bold', LOOK[outcome].word));
  const time = secondsText(input.durationMs);
  return `${input.header.command}: ${result} (${numbers}) in ${time}; run ${options.runFolder}; exit ${exitCode}`;
}

/** Only what there is: `1 failed, 41 passed`. */
function countText(cases: readonly ReportCase[]): string {
  const counts = countCases(cases);
  return OUTCOMES.filter((one) => counts[one] > 0)
    .map((one) => `${counts[one]} ${LOOK[one].count}`)
    .join(', ');
}

function secondsText(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}
