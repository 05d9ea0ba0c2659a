/**
 * Ends a run: writes its reports, prints what a person or a pipeline reads, settles the exit code.
 * Called once per invocation, by `execute-run.ts`, `judge` and `report`.
 */
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { RunHeader, RunEnd } from '../harness/run-store.ts';
import { errorText } from '../harness/errors.ts';
import type { RunSummaryInput } from '../harness/renderers/run-report.ts';
import { settledOutcome } from '../harness/renderers/summary.ts';
import { renderTerminal } from '../harness/renderers/terminal.ts';
import { countOutcomes, type Outcome } from '../harness/verdict.ts';
import type { OutputOptions } from './execute-run.ts';
import { wantsColour } from './progress.ts';
import { writeReports } from './reports/write-reports.ts';
import type { StageResult } from './run-stage.ts';

export interface Publication {
  run: { folder: string; header: RunHeader; finish?: (end: RunEnd) => void };
  results: Omit<StageResult, 'usageError'>[];
  outcome: Outcome;
  exitCode: number;
  interruptedBy?: string;
  /** Why the run as a whole is worse than its stages, beside an interruption. */
  reason?: string;
  problems?: string[];
  output: OutputOptions;
  /** Source files of code frames are read relative to this folder. */
  projectRoot: string;
  /** Folder that gets a copy of the reports, relative to the project root. */
  copyTo?: string | undefined;
  /** Where the reports are written; the run's own `reports` folder when left out. */
  reportsFolder?: string;
}

/** @returns the settled exit code. */
export async function publish(publication: Publication): Promise<number> {
  const { run, output } = publication;
  const input = summaryInput(publication);
  const folder = publication.reportsFolder ?? join(run.folder, 'reports');
  mkdirSync(folder, { recursive: true });
  const { problems } = await writeReports(input, folder);
  if (publication.copyTo !== undefined)
    problems.push(...copyReports(folder, resolve(publication.projectRoot, publication.copyTo)));
  const { outcome, exitCode } = settledOutcome(input, [...(input.problems ?? []), ...problems]);
  run.finish?.(runEnd(publication, input, outcome, exitCode, problems));
  const runFolder = relative(process.cwd(), run.folder) || '.';
  process.stderr.write(
    `\n${renderTerminal(input, {
      colour: wantsColour(process.stderr, process.env),
      sourceOf: (file) => readSource(join(publication.projectRoot, file)),
      runFolder,
      problems,
    })}`,
  );
  if (output.tap === true) process.stdout.write(readFileSync(join(folder, 'results.tap')));
  if (output.json === true) process.stdout.write(readFileSync(join(folder, 'summary.json')));
  return exitCode;
}

function summaryInput(publication: Publication): RunSummaryInput {
  const { run, results, outcome, exitCode, interruptedBy } = publication;
  const reason = interruptedBy === undefined ? publication.reason : `interrupted by ${interruptedBy}`;
  const serviceNode = serviceNodeOf(results);
  return {
    header: run.header,
    stages: results.map(({ name, outcome: stageOutcome, verdicts, durationMs, reason: stageReason }) => ({
      name,
      outcome: stageOutcome,
      verdicts,
      durationMs,
      ...(stageReason === undefined ? {} : { reason: stageReason }),
    })),
    outcome,
    exitCode,
    startedAt: run.header.startedAt,
    durationMs: Date.now() - Date.parse(run.header.startedAt),
    ...(reason === undefined ? {} : { reason }),
    ...(serviceNode === undefined ? {} : { serviceNode }),
    ...(publication.problems === undefined ? {} : { problems: publication.problems }),
  };
}

/** The preflight names the service's Node in its verdict. */
function serviceNodeOf(results: Publication['results']): string | undefined {
  const verdict = results.flatMap(({ verdicts }) => verdicts).find(({ check }) => check === 'service-node');
  return /Node (v[\d.]+)/.exec(verdict?.message ?? '')?.[1];
}

function runEnd(
  publication: Publication,
  input: RunSummaryInput,
  outcome: Outcome,
  exitCode: number,
  problems: string[],
): RunEnd {
  return {
    endedAt: new Date().toISOString(),
    durationMs: input.durationMs,
    outcome,
    exitCode,
    stages: publication.results.map(({ name, outcome: stageOutcome, verdicts, durationMs, reason }) => ({
      name,
      outcome: stageOutcome,
      counts: countOutcomes(verdicts),
      durationMs,
      ...(reason === undefined ? {} : { reason }),
    })),
    ...(publication.interruptedBy === undefined ? {} : { interruptedBy: publication.interruptedBy }),
    problems: [...(publication.problems ?? []), ...problems],
  };
}

function copyReports(from: string, to: string): string[] {
  try {
    mkdirSync(to, { recursive: true });
    cpSync(from, to, { recursive: true });
    return [];
  } catch (error) {
    return [`the reports could not be copied to ${to} (reports.folder): ${errorText(error)}`];
  }
}

function readSource(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
