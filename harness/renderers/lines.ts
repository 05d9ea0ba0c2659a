/**
 * Findings as single lines: for editors and problem matchers, and as GitHub's workflow commands. Pure; printed when a
 * run ends.
 */
import { posix } from 'node:path';
import { oneLine } from './clean-text.ts';
import { type ReportCase, reportCases, type RunSummaryInput } from './run-report.ts';
import { findingsOf } from './summary.ts';

/** What is unknown is a warning: an editor has no third word. */
const SEVERITY = { fail: 'error', unknown: 'warning', pass: 'note', skip: 'note' } as const satisfies Record<
  ReportCase['outcome'],
  string
>;

/** `src/main.ts:12:5: error message [rule]`, one line each. `prefix` leads from where the reader stands to the project. */
export function renderUnix(input: RunSummaryInput, prefix: string): string {
  return findingsOf(reportCases(input))
    .map((one) => {
      // A finding of the whole stands at the project's folder, so that no reader drops the line.
      const { file, line, column } = one.location ?? { file: '', line: 1, column: 1 };
      const place = posix.normalize(posix.join(prefix, oneLine(file))).replace(/\/$/, '') || '.';
      return `${place}:${line}:${column}: ${SEVERITY[one.outcome]} ${oneLine(one.message)} [${oneLine(one.check)}]\n`;
    })
    .join('');
}

/** GitHub shows ten errors and ten warnings of a step. */
const MOST_ANNOTATIONS = 10;

/** `::error file=...,line=...,col=...,title=...::message`; `prefix` leads from the repository to the project. */
export function renderAnnotations(input: RunSummaryInput, prefix: string): string {
  const findings = findingsOf(reportCases(input));
  const shown = (['fail', 'unknown'] as const).flatMap((outcome) =>
    findings.filter((one) => one.outcome === outcome).slice(0, MOST_ANNOTATIONS),
  );
  const more = findings.length - shown.length;
  const rest =
    more === 0
      ? []
      : [`::notice title=shakedown::${more} more findings are in the log and in the reports of this run`];
  return [...shown.map((one) => annotation(one, prefix)), ...rest].map((line) => `${line}\n`).join('');
}

function annotation(one: ReportCase, prefix: string): string {
  const { location } = one;
  const properties = {
    ...(location === undefined
      ? {}
      : {
          file: posix.normalize(`${prefix}${oneLine(location.file)}`),
          line: location.line,
          col: location.column,
        }),
    title: `${one.stage}/${oneLine(one.check)}${one.outcome === 'unknown' ? ' (unknown)' : ''}`,
  };
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  const fix = one.fix === undefined ? '' : `\nfix: ${oneLine(one.fix)}`;
  return `::${SEVERITY[one.outcome]} ${list.join(',')}::${escapeData(`${oneLine(one.message)}${fix}`)}`;
}

/** As the runner undoes it: a percent sign first, or those of the others would be escaped again. */
const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
