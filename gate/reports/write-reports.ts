/**
 * Writes every report of a run. Called by the gate when a run ends and by `shakedown report RUN` for an old one.
 * Whatever goes wrong is returned: a run whose reports have a problem is not a passed run.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../../harness/errors.ts';
import type { Mask } from '../../harness/mask.ts';
import { contradictions, reportCases, type RunSummaryInput } from '../../harness/renderers/run-report.ts';
import { renderSarif, type SarifOptions } from '../../harness/renderers/sarif.ts';
import { renderSummary, settledOutcome } from '../../harness/renderers/summary.ts';
import { renderTap } from '../../harness/renderers/tap.ts';
import { writeAtomically } from '../../harness/run-store.ts';
import type { Outcome } from '../../harness/verdict.ts';
import { convertToJunit, readBack } from './junit.ts';

export interface ReportOptions {
  /** Masks secrets once more: an old run may have been written without one. */
  mask?: Mask;
  /** Longest time the conversion to JUnit may take. */
  convertWithinMs?: number;
  /** What SARIF says beside the verdicts: about the checks, the project, its sources. */
  project?: SarifOptions;
}

export interface WrittenReports {
  /** Paths of the files that were written whole, by format. */
  files: Partial<Record<ReportFormat, string>>;
  /** What went wrong, each as one sentence; not empty means exit code 3 at least. */
  problems: string[];
  /** Outcome and exit code once the problems are counted in. */
  outcome: Outcome;
  exitCode: number;
}

/** The reports and their file names. */
export const REPORT_FILES = {
  tap: 'results.tap',
  junit: 'junit.xml',
  junitAnnotated: 'junit-annotated.xml',
  sarif: 'results.sarif',
  summary: 'summary.json',
} as const;
export type ReportFormat = keyof typeof REPORT_FILES;

const CONVERT_WITHIN_MS = 120_000;
const NOTHING_KNOWN: SarifOptions = { checks: [], prefix: '', sourceOf: () => undefined };

/** Writes TAP, both JUnit flavours, SARIF and the summary into `folder`, in the place of any older ones. */
export async function writeReports(
  given: RunSummaryInput,
  folder: string,
  options: ReportOptions = {},
): Promise<WrittenReports> {
  const input = options.mask === undefined ? given : (options.mask.json(given) as RunSummaryInput);
  const problems: string[] = [];
  const files: WrittenReports['files'] = {};
  const place = (format: ReportFormat, text: string, check = sameAs(text)): void => {
    const path = join(folder, REPORT_FILES[format]);
    const problem = placeReport(path, text, check);
    if (problem === undefined) files[format] = path;
    else problems.push(problem);
  };
  try {
    problems.push(...clearFolder(folder));
    const cases = reportCases(input);
    const tap = renderTap(cases);
    place('tap', tap);
    const junit = await convertToJunit(input, tap, folder, options.convertWithinMs ?? CONVERT_WITHIN_MS);
    problems.push(...junit.problems);
    const check = junit.problems.length === 0 ? (text: string) => readBack(text, cases, 0) : undefined;
    place('junit', junit.plain, check);
    place('junitAnnotated', junit.annotated, check);
  } catch (error) {
    problems.push(`the reports in ${folder} could not be written: ${errorText(error)}`);
  }
  // Last, because they tell what became of the others.
  place('sarif', renderSarif(input, { ...(options.project ?? NOTHING_KNOWN), problems }));
  place('summary', renderSummary(input, { problems, reports: fileNames(files) }));
  const all = [...contradictions(input), ...problems];
  return { files, problems: all, ...settledOutcome(input, [...(input.problems ?? []), ...all]) };
}

/** A report of an earlier run must not be taken for one of this run when this one cannot be written. */
function clearFolder(folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  return Object.values(REPORT_FILES).flatMap((name) => {
    try {
      rmSync(join(folder, name), { force: true });
      return [];
    } catch (error) {
      return [`what stands at ${join(folder, name)} could not be removed: ${errorText(error)}`];
    }
  });
}

function fileNames(files: WrittenReports['files']): Record<string, string> {
  const formats = [...(Object.keys(files) as ReportFormat[]), 'summary' as const];
  return Object.fromEntries(formats.map((format) => [format, REPORT_FILES[format]]));
}

function sameAs(text: string): (written: string) => string | undefined {
  return (written) =>
    written === text ? undefined : `has ${written.length} characters, expected ${text.length}`;
}

/** Writes and reads back one report, and removes it when it is not what was meant. Returns what went wrong. */
function placeReport(
  path: string,
  text: string,
  check: (written: string) => string | undefined,
): string | undefined {
  try {
    writeAtomically(path, text);
    const difference = check(readFileSync(path, 'utf8'));
    if (difference === undefined) return undefined;
    rmSync(path, { force: true });
    return `${path} ${difference}`;
  } catch (error) {
    return `${path} could not be written: ${errorText(error)}`;
  }
}
