/**
 * Replays schedules that an exploration found: each several times, since timing is not deterministic. The soak stage of
 * `shakedown soak --replay`, and the scenario kept-schedules.
 */
import { resolve } from 'node:path';
import type { Config } from '../../harness/config.ts';
import type { StageContext, Stage } from '../../harness/stage.ts';
import { createRecorder } from '../recorder.ts';
import { caseSetting, demandProcess, withLanes } from './explore-stage.ts';
import { judgeCase } from './judge-case.ts';
import { EXPLORE_CHECKS, EXPLORE_FILE, KEPT_FILE, judgeExploration } from './judge-exploration.ts';
import { onEveryLane, type Lane } from './lane.ts';
import { runCase, type CaseSetting } from './run-case.ts';
import { readSchedule, type Schedule } from './schedule.ts';
import { withClosing } from './steps.ts';

export interface ReplayOptions {
  schedules: readonly Schedule[];
  /** How often each is run. */
  times: number;
  lanes: number;
}

export function replayStage(options: ReplayOptions): Stage {
  return {
    name: 'soak',
    plan: () => ({ checks: [...EXPLORE_CHECKS] }),
    async run(context) {
      await replaySchedules(context, options, EXPLORE_FILE);
      const verdicts = judgeExploration(context.files.folder, context.config.limits, EXPLORE_FILE);
      for (const verdict of verdicts) context.verdict(verdict);
    },
  };
}

/** How often each kept schedule is run in every soak. */
const KEPT_TIMES = 5;

/** The scenario kept-schedules. */
export async function replayKept(context: StageContext): Promise<void> {
  if (context.signal.aborted) return;
  const { config, projectRoot } = context;
  const schedules = config.soak.keptSchedules.map((file) => readSchedule(resolve(projectRoot, file)));
  await replaySchedules(context, { schedules, times: KEPT_TIMES, lanes: 1 }, KEPT_FILE);
}

interface Job {
  schedule: Schedule;
  left: number;
}

/** Runs each as often as asked for, on as many lanes, and writes what it sees to `file`. */
export async function replaySchedules(
  context: StageContext,
  { schedules, times, lanes }: ReplayOptions,
  file: string,
): Promise<void> {
  const service = demandProcess(context.config);
  const recorder = createRecorder(context.files, file);
  const setting = caseSetting(context, recorder, context.signal);
  const width = Math.min(lanes, schedules.length * times);
  const jobs = schedules.map((schedule): Job => ({ schedule, left: times }));
  recorder.observe({
    kind: 'exploration-planned',
    seed: context.seed,
    budgetMs: 0,
    lanes: width,
    // Every one, and the ordinary life that each lane begins with.
    minCases: schedules.length * times + width,
    kinds: [...new Set(schedules.flatMap(({ steps }) => steps.map((step) => step.do)))],
    stopSignal: service.stopSignal,
  });
  const progress = { number: 0 };
  await withLanes(context, service, width, async (opened) => {
    await onEveryLane(opened, context.signal, (lane, signal) =>
      replayOn(lane, jobs, progress, { ...setting, signal }, context),
    );
    const why = context.signal.aborted ? 'interrupted' : 'budget';
    recorder.observe({ kind: 'exploration-finished', why });
  });
}

async function replayOn(
  lane: Lane,
  jobs: readonly Job[],
  progress: { number: number },
  setting: CaseSetting,
  context: { config: Config } & Pick<StageContext, 'progress'>,
): Promise<void> {
  const run = async (steps: Schedule['steps']): Promise<void> => {
    progress.number += 1;
    context.progress.status(`replay ${progress.number}`);
    const facts = await runCase(lane, steps, { number: progress.number, purpose: 'replay' }, setting);
    const verdict = judgeCase(facts, context.config.limits);
    if (verdict.kind === 'failed')
      context.progress.note(`replay ${progress.number}: ${verdict.failure.signature}`);
  };
  // An ordinary life first: what it takes is the measure of every offset.
  await run([{ do: 'start' }, { do: 'stop' }]);
  for (;;) {
    const job = jobs.find(({ left }) => left > 0);
    if (job === undefined || setting.signal.aborted) return;
    job.left -= 1;
    await run(withClosing(job.schedule.steps));
  }
}
