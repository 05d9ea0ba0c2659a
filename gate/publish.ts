/**
 * Ends a run: writes its reports, prints what a person or a pipeline reads, settles the exit code.
 * Called once per invocation, by `execute-run.ts`, `judge` and `report`.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errorText } from '../harness/errors.ts';
import { type RunEnd, type RunHeader, writeAtomically } from '../harness/run-store.ts';
import type { MoodTable } from '../harness/renderers/mood-table.ts';
import type { RunSummaryInput } from '../harness/renderers/run-report.ts';
import type { SarifOptions } from '../harness/renderers/sarif.ts';
import type { OwnNode } from '../harness/supervisors/own-node.ts';
import { countOutcomes, type Outcome } from '../harness/verdict.ts';
import { MOOD_TABLE_FILES } from '../soak/moods/table-files.ts';
import { EXIT_CODES } from './exit-code.ts';
import type { OutputOptions } from './options.ts';
import { SERVICE_NODE_FILE } from './preflight-stage.ts';
import { printResult } from './print-result.ts';
import { describeProject } from './reports/describe-project.ts';
import { writeReports, type WrittenReports } from './reports/write-reports.ts';
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
  const { run, output, projectRoot, copyTo } = publication;
  const input = summaryInput(publication);
  const folder = publication.reportsFolder ?? join(run.folder, 'reports');
  const project = describeProject(projectRoot, run.header.configFile);
  const copy = copyTo === undefined ? undefined : resolve(projectRoot, copyTo);
  const reports = await writeEverywhere(input, folder, { copy, sarif: output.sarif }, project);
  const { outcome, exitCode, problems } = reports;
  const unfinished = finish(run, runEnd(publication, input, outcome, exitCode, problems));
  printResult(input, reports, publication, project);
  if (unfinished === undefined) return exitCode;
  process.stderr.write(`shakedown: ${unfinished}\n`);
  return exitCode === EXIT_CODES.pass ? EXIT_CODES.unknown : exitCode;
}

/** @returns why the run has no end on disk: who reads it takes it for one that was cut off. */
function finish(run: Publication['run'], end: RunEnd): string | undefined {
  try {
    run.finish?.(end);
    return undefined;
  } catch (error) {
    return `the end of the run could not be written to ${run.folder}: ${errorText(error)}`;
  }
}

/** The reports wherever they are wanted; what goes wrong with a copy is told in the run's own. */
async function writeEverywhere(
  input: RunSummaryInput,
  folder: string,
  { copy, sarif }: { copy: string | undefined; sarif: string | undefined },
  project: SarifOptions,
): Promise<WrittenReports> {
  const add = (problems: string[]): void => {
    input.problems = [...(input.problems ?? []), ...problems];
  };
  if (copy !== undefined) {
    const { problems } = await writeReports(input, copy, { project });
    add(problems.map((problem) => `reports.folder: ${problem}`));
  }
  const reports = await writeReports(input, folder, { project });
  const problem = sarif === undefined ? undefined : copySarif(reports.files.sarif, resolve(sarif));
  if (problem === undefined) return reports;
  add([problem]);
  return writeReports(input, folder, { project });
}

function copySarif(from: string | undefined, to: string): string | undefined {
  try {
    if (from === undefined) return `--sarif: there is no SARIF report to copy to ${to}`;
    mkdirSync(dirname(to), { recursive: true });
    writeAtomically(to, readFileSync(from, 'utf8'));
    return undefined;
  } catch (error) {
    return `--sarif: ${to} could not be written: ${errorText(error)}`;
  }
}

function summaryInput(publication: Publication): RunSummaryInput {
  const { run, results, outcome, exitCode, interruptedBy } = publication;
  const reason = interruptedBy === undefined ? publication.reason : `interrupted by ${interruptedBy}`;
  const serviceNode = serviceNodeOf(run.folder);
  const moods = moodTableOf(run.folder);
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
    ...(moods === undefined ? {} : { moods }),
    ...(publication.problems === undefined ? {} : { problems: publication.problems }),
  };
}

/** What the preflight found; nothing when it did not come so far. */
function serviceNodeOf(runFolder: string): string | undefined {
  const path = join(runFolder, 'stages', 'preflight', SERVICE_NODE_FILE);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as OwnNode).version : undefined;
}

/** What the soak made of the companions' moods; nothing when that scenario did not run to its judges. */
function moodTableOf(runFolder: string): MoodTable | undefined {
  const path = join(runFolder, 'stages', 'soak', MOOD_TABLE_FILES.data);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as MoodTable) : undefined;
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
    problems: [...(input.problems ?? []), ...problems],
  };
}
