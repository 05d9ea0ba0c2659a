/** `shakedown report RUN`: writes the reports of a stored run again, also of one that was cut off. */
import { resolve } from 'node:path';
import { type StoredRun, readRun } from '../../harness/read-run.ts';
import { STAGES, worstOf } from '../../harness/verdict.ts';
import { exitCodeOf } from '../exit-code.ts';
import type { OutputOptions } from '../options.ts';
import { publish } from '../publish.ts';
import type { StageResult } from '../run-stage.ts';

export interface ReportOptions extends OutputOptions {
  to?: string;
}

export async function report(path: string, options: ReportOptions): Promise<number> {
  const stored = readRun(path);
  const results = storedResults(stored);
  const cutOff = stored.state === 'finished' ? undefined : cutOffReason(stored);
  const outcome = worstOf([
    ...results.map((result) => result.outcome),
    ...(cutOff === undefined ? [] : (['unknown'] as const)),
  ]);
  return publish({
    run: stored,
    results,
    outcome,
    exitCode: stored.end?.exitCode ?? exitCodeOf({ outcome, usageError: false }),
    ...(cutOff === undefined ? {} : { reason: cutOff }),
    problems: [...stored.damages, ...(stored.end?.problems ?? [])],
    output: options,
    projectRoot: stored.header.projectRoot,
    ...(options.to === undefined ? {} : { reportsFolder: resolve(options.to) }),
  });
}

/** The stages of a stored run; one that was being run when the run was cut off is unknown at best. */
export function storedResults(stored: StoredRun): Omit<StageResult, 'usageError'>[] {
  return STAGES.flatMap((name) => {
    const verdicts = stored.verdicts.filter(({ stage }) => stage === name);
    const end = stored.end?.stages.find((stage) => stage.name === name);
    if (end === undefined && verdicts.length === 0) return [];
    return [
      {
        name,
        outcome: end?.outcome ?? worstOf(verdicts.map(({ outcome }) => outcome)),
        verdicts,
        durationMs: end?.durationMs ?? 0,
        ...(end?.reason === undefined ? {} : { reason: end.reason }),
      },
    ];
  });
}

/** One sentence for a run without an end. */
export function cutOffReason(stored: StoredRun): string {
  return stored.state === 'running'
    ? `the run is still being written by process ${stored.header.writer.pid}`
    : `the run was cut off: it started at ${stored.header.startedAt} and its process ${stored.header.writer.pid} ended without writing an end`;
}
