/** The rolling report of a watch: summary, TAP, JUnit and SARIF in its folder, each replaced as a whole. Called by `watch.ts`. */
import { join } from 'node:path';
import type { RunSummaryInput } from '../../harness/renderers/run-report.ts';
import { type Outcome, worstOf } from '../../harness/verdict.ts';
import { exitCodeOf } from '../exit-code.ts';
import { describeRun } from '../run-facts.ts';
import { writeReports, type WrittenReports } from '../reports/write-reports.ts';
import type { JobName, Ledger } from './ledger.ts';
import { watchVerdicts } from './verdicts.ts';

export const REPORTS_FOLDER = 'reports';

export interface WatchReport {
  input: RunSummaryInput;
  written: WrittenReports;
}

export async function reportWatch(request: {
  ledger: Ledger;
  planned: { run: readonly JobName[]; idle: readonly { job: JobName; why: string }[] };
  folder: string;
  projectRoot: string;
  now: Date;
}): Promise<WatchReport> {
  const { ledger, planned, folder, projectRoot, now } = request;
  const verdicts = watchVerdicts(ledger, planned);
  const outcome: Outcome = worstOf(verdicts.map((verdict) => verdict.outcome));
  const durationMs = Math.max(0, now.getTime() - Date.parse(ledger.begunAt));
  const input: RunSummaryInput = {
    header: { ...describeRun({ command: 'watch', seed: 0, projectRoot }), runId: `watch-${ledger.begunAt}` },
    stages: [{ name: 'watch', outcome, verdicts, durationMs }],
    outcome,
    exitCode: exitCodeOf({ outcome, usageError: false }),
    startedAt: ledger.begunAt,
    durationMs,
  };
  return { input, written: await writeReports(input, join(folder, REPORTS_FOLDER)) };
}
