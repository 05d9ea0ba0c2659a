/** `shakedown soak --explore` and `--replay FILE`: random schedules on the real service, and those that failed before. Called by `soak.ts`. */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { UsageError } from '../../harness/errors.ts';
import type { LoadedConfig } from '../../harness/load-config.ts';
import type { Stage } from '../../harness/stage.ts';
import { exploreStage } from '../../soak/explore/explore-stage.ts';
import { keepSchedule } from '../../soak/explore/kept.ts';
import { replayStage } from '../../soak/explore/replay.ts';
import { readSchedule, SCHEDULES_FOLDER } from '../../soak/explore/schedule.ts';
import { executeRun } from '../execute-run.ts';
import type { RunOptions } from '../options.ts';
import { preflightStage } from '../preflight-stage.ts';

export interface DisorderOptions extends RunOptions {
  explore?: boolean;
  /** Files of schedules, relative to where the command was called. */
  replay?: string[];
  budget?: number;
  lanes?: number;
  findings?: number;
  minCases?: number;
  cases?: number;
  times?: number;
  /** Keep the schedules in the project. */
  keep?: boolean;
}

const BUDGET_MS = 60_000;
const FINDINGS = 3;
const MIN_CASES = 20;
const TIMES = 5;
const MAX_LANES = 16;
/** What a run needs beside the budget: companions, the last case, the reports. */
const AROUND_MS = 120_000;

export const isDisorder = ({ explore, replay }: DisorderOptions): boolean =>
  explore === true || replay !== undefined;

export async function runDisorder(loaded: LoadedConfig, options: DisorderOptions): Promise<number> {
  const { explore, replay, budget = BUDGET_MS, lanes = 1 } = options;
  if (explore === true && replay !== undefined)
    throw new UsageError('--explore looks for schedules, --replay runs known ones: choose one of them');
  if (lanes < 1 || lanes > MAX_LANES) throw new UsageError(`--lanes ${lanes}: expected 1 to ${MAX_LANES}`);
  const files = (replay ?? []).map((file) => resolve(file));
  // A budget is a promise of its own: the gate's deadline must not cut it.
  if (explore === true) loaded.config.gateWithinMs = Math.max(loaded.config.gateWithinMs, budget + AROUND_MS);
  const stage = explore === true ? exploring(options, budget, lanes) : replaying(files, options, lanes);
  const kept: string[] = files;
  const code = await executeRun({
    command: 'soak',
    loaded,
    stages: [preflightStage(), stage],
    options,
    conclude: (run) => {
      kept.push(...foundIn(run.folder));
      return [];
    },
  });
  if (options.keep === true) keepAll(kept, loaded.projectRoot);
  return code;
}

function exploring(
  { findings = FINDINGS, minCases = MIN_CASES, cases }: DisorderOptions,
  budgetMs: number,
  lanes: number,
): Stage {
  return exploreStage({ budgetMs, lanes, findings, minCases, cases });
}

function replaying(files: readonly string[], { times = TIMES }: DisorderOptions, lanes: number): Stage {
  return replayStage({ schedules: files.map(readSchedule), times, lanes });
}

/** The schedules that a run has found. */
function foundIn(runFolder: string): string[] {
  const folder = join(runFolder, 'stages', 'soak', SCHEDULES_FOLDER);
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

function keepAll(files: readonly string[], projectRoot: string): void {
  for (const file of files) {
    const kept = relative(process.cwd(), keepSchedule(file, projectRoot));
    process.stderr.write(`kept ${kept}: commit it, and every soak runs it\n`);
  }
}
