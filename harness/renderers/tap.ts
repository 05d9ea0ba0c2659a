/**
 * Verdicts as a flat TAP stream, in the form that Perl's `prove` and tap-junit both read whole.
 * Pure; called by `gate/reports/` and by the gate when TAP goes to standard output.
 */
import { cleanText, cutText, oneLine } from './clean-text.ts';
import { placeText, type ReportCase } from './run-report.ts';

/** Longest message in the stream, in bytes. */
const MAX_MESSAGE_BYTES = 4_096;

/** The whole stream. Nothing to report is a failure: `1..0` is read as a pass by some. */
export function renderTap(cases: readonly ReportCase[]): string {
  if (cases.length === 0) {
    const yaml = yamlBlock({ message: 'gate produced no verdict', severity: 'unknown' });
    return `TAP version 13\n1..1\n# {}\nnot ok 1 - gate produced no verdict\n${yaml}`;
  }
  const points = cases.map((one, index) => renderPoint(one, index + 1));
  return `TAP version 13\n1..${cases.length}\n${points.join('')}`;
}

function renderPoint(one: ReportCase, number: number): string {
  // A comment sticks to every later point in tap-junit, so that each point has one.
  return `# ${commentOf(one)}\n${RENDER[one.outcome](one, `${number} - ${escapeTap(one.name)}`)}`;
}

const RENDER = {
  pass: (_one, point) => `ok ${point}\n`,
  skip: (one, point) => `ok ${point} # SKIP ${escapeTap(messageOf(one))}\n`,
  fail: (one, point) => `not ok ${point}\n${diagnostics(one, 'fail')}`,
  unknown: (one, point) => `not ok ${point}\n${diagnostics(one, 'unknown')}`,
} satisfies Record<ReportCase['outcome'], (one: ReportCase, point: string) => string>;

function commentOf(one: ReportCase): string {
  const { fingerprint, location, startedAt, durationMs, evidence } = one;
  return oneLine(
    JSON.stringify({ fingerprint, location, startedAt, durationMs, evidence }, (_key, value: unknown) =>
      typeof value === 'string' ? cleanText(value) : value,
    ),
  );
}

function diagnostics(one: ReportCase, severity: 'fail' | 'unknown'): string {
  return yamlBlock({
    message: messageOf(one),
    severity,
    ...(one.fix === undefined || oneLine(one.fix) === ''
      ? {}
      : { fix: cutText(oneLine(one.fix), MAX_MESSAGE_BYTES) }),
    ...(one.location === undefined ? {} : { at: placeText(one.location) }),
  });
}

/** Strings in double quotes: JSON's are YAML's too, and no value can be taken for a null, a number or a date. */
function yamlBlock(entries: Record<string, string>): string {
  const lines = Object.entries(entries).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`);
  return `  ---\n${lines.join('')}  ...\n`;
}

function messageOf(one: ReportCase): string {
  const absent = one.outcome === 'skip' ? 'no reason was given' : 'no message was given';
  return cutText(oneLine(one.message), MAX_MESSAGE_BYTES) || absent;
}

/** Backslashes first, or the one that escapes a hash would be escaped itself. A brace at the end opens a subtest. */
function escapeTap(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('#', '\\#').replace(/\{$/, '{}');
}
