/**
 * One invocation from the lock to the exit code: opens the run, runs the stages in order, writes the reports.
 * Called by every command that produces a run.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../harness/config.ts';
import { errorText, StoreError, type UsageError } from '../harness/errors.ts';
import type { LoadedConfig } from '../harness/load-config.ts';
import { createMask, type Mask } from '../harness/mask.ts';
import { lockRuns } from '../harness/run-lock.ts';
import { createRun, ignoreInGit, pruneRuns, type Run } from '../harness/run-store.ts';
import type { Progress, Stage } from '../harness/stage.ts';
import { type Outcome, type Verdict, worstOf } from '../harness/verdict.ts';
import { exitCodeOf } from './exit-code.ts';
import { type Interruption, watchInterruption } from './interruption.ts';
import type { RunOptions } from './options.ts';
import { createProgress, NO_PROGRESS } from './progress.ts';
import { publish } from './publish.ts';
import { describeRun } from './run-facts.ts';
import type { StageResult } from './run-stage.ts';
import { runStages, SERVICE_STAGES } from './run-stages.ts';
import { serviceEnvironment } from './service-environment.ts';

export interface RunRequest {
  command: string;
  loaded: LoadedConfig;
  stages: Stage[];
  options: RunOptions;
  /** Start the companions although no stage needs the service. */
  companionsAsked?: boolean;
  /** Further verdicts once all stages ran; they belong to the stage they name. */
  conclude?: (run: Run, results: StageResult[]) => Verdict[];
}

/** @returns the exit code. @throws StoreError when the run cannot even be opened: locked, not writable. */
export async function executeRun(request: RunRequest): Promise<number> {
  const { config, projectRoot, file } = request.loaded;
  const runsFolder = runsFolderOf(request);
  const progress = request.options.quiet === true ? NO_PROGRESS : createProgress(process.stderr, process.env);
  const unlock = openStore(runsFolder);
  try {
    using interruption = watchInterruption(config.gateWithinMs, progress.note);
    const seed = request.options.seed ?? randomInt(2 ** 31);
    const mask = createMask({ ...process.env, ...config.service?.env }, config.secrets);
    const run = createRun(
      runsFolder,
      describeRun({ command: request.command, seed, projectRoot, configFile: file }),
      config,
      mask,
    );
    pruneRuns(runsFolder, config.keepRuns, run.header.runId);
    const results = await performStages(request, run, mask, progress, interruption);
    if (interruption.by === undefined) addConclusions(request, run, results);
    return await finishRun(request, run, results, interruption);
  } finally {
    unlock();
  }
}

async function performStages(
  request: RunRequest,
  run: Run,
  mask: Mask,
  progress: Progress,
  interruption: Interruption,
): Promise<StageResult[]> {
  const { config, projectRoot } = request.loaded;
  return runStages({
    stages: request.stages,
    companions: wantsCompanions(request)
      ? (await import('./companions-stage.ts')).companionsStage()
      : undefined,
    run,
    context: {
      config: config satisfies Config,
      projectRoot,
      progress,
      signal: interruption.signal,
      seed: run.header.seed,
      runMark: randomBytes(12).toString('hex'),
      serviceEnvironment: serviceEnvironment(process.env),
      conceal: mask.add,
      lifecycleMembers: once(async () => {
        const { collectMembers } = await import('./collect-members.ts');
        return collectMembers(projectRoot, config, interruption.signal);
      }),
    },
  });
}

/** What takes seconds, and is the same for all who ask. */
function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => (found ??= find());
}

/** Companions run when a stage needs the service, or when they themselves were asked for. */
function wantsCompanions({ loaded, stages, companionsAsked }: RunRequest): boolean {
  if (loaded.config.companions.length === 0) return false;
  return companionsAsked === true || stages.some(({ name }) => SERVICE_STAGES.includes(name));
}

function addConclusions(request: RunRequest, run: Run, results: StageResult[]): void {
  for (const verdict of request.conclude?.(run, results) ?? []) {
    const recorded = run.recordVerdict(verdict);
    const result = results.find(({ name }) => name === verdict.stage);
    if (result === undefined)
      throw new Error(`a conclusion names the stage ${verdict.stage}, which did not run`);
    result.verdicts.push(recorded);
    result.outcome = worstOf(result.verdicts.map(({ outcome }) => outcome));
  }
}

async function finishRun(
  request: RunRequest,
  run: Run,
  results: StageResult[],
  interruption: Interruption,
): Promise<number> {
  const by = interruption.by;
  const outcome: Outcome = worstOf([
    ...results.map((result) => result.outcome),
    ...(results.length < request.stages.length + (wantsCompanions(request) ? 1 : 0) || by !== undefined
      ? (['unknown'] as const)
      : []),
  ]);
  const usageError = results.some((result) => result.usageError);
  return publish({
    run,
    results,
    outcome,
    exitCode: exitCodeOf({ outcome, usageError, ...(by === undefined ? {} : { interruptedBy: by }) }),
    ...(by === undefined ? {} : { interruptedBy: by }),
    output: request.options,
    projectRoot: request.loaded.projectRoot,
    copyTo: copyFolderOf(request),
  });
}

/** `--output` is a path where the command was called, the setting one of the project. */
function copyFolderOf({ options, loaded }: RunRequest): string | undefined {
  return options.output === undefined ? loaded.config.reports.folder : resolve(options.output);
}

function openStore(runsFolder: string): () => void {
  try {
    return lockRuns(runsFolder);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      `cannot write to ${runsFolder}: ${errorText(error)}; set "runs" to a folder that can be written`,
    );
  }
}

/** A stage that only says why nothing could run, so that a report exists all the same. */
export function refusal(error: UsageError): Stage {
  return {
    name: 'preflight',
    plan: () => ({ checks: [] }),
    run: () => Promise.reject(error),
  };
}

/** The one folder that is made in a project without a configuration; git does not see it. */
function ownFolder(projectRoot: string): string {
  const folder = join(projectRoot, '.shakedown');
  try {
    mkdirSync(folder, { recursive: true });
    ignoreInGit(folder);
    return folder;
  } catch (error) {
    throw new StoreError(
      `cannot write to ${folder}: ${errorText(error)}; name a folder that can be written with --runs`,
    );
  }
}

/** Without a configuration the runs stay out of the way of the project's own files. */
function runsFolderOf({ loaded, options }: RunRequest): string {
  if (options.runs !== undefined) return resolve(options.runs);
  if (loaded.file !== undefined) return resolve(loaded.projectRoot, loaded.config.runs);
  return join(ownFolder(loaded.projectRoot), 'runs');
}
