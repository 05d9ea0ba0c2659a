/**
 * One life of the service in one mood of one subject: each step does one thing and records what it saw. Driven by
 * `companion-moods.ts`; what it shares with the restart loop is in `life.ts`.
 */
import type { MoodsConfig, TruthConfig } from '../../harness/config/moods.ts';
import { deadlineIn, poll } from '../../harness/deadline.ts';
import { errorText } from '../../harness/errors.ts';
import { lastLines } from '../../harness/supervisors/process-instance.ts';
import { createReadinessProbe, originOf } from '../../harness/supervisors/readiness.ts';
import type { Supervisor } from '../../harness/supervisors/supervisor.ts';
import { type Cell, fillCell } from '../moods/cells.ts';
import type { MoodControl } from '../moods/control.ts';
import { askTruth, createHearing } from '../moods/truth.ts';
import { LIFE_STEPS as steps } from './life.ts';
import { demandAlive, type Life } from './one-life.ts';
import { demandUninterrupted, ScenarioAborted, type ScenarioContext } from './scenario.ts';

export interface MoodsContext extends Omit<ScenarioContext, 'supervisor' | 'cycles' | 'load'> {
  moods: MoodsConfig;
  control: MoodControl;
  /** A supervisor of its own for each life: its log and its private folder are nobody else's. */
  supervise(cell: Cell): Supervisor;
}

type LifeContext = MoodsContext & ScenarioContext;

const ASK_PACE = { firstMs: 2, maxMs: 40 };
const WATCH_PACE = { firstMs: 20, maxMs: 100 };

/** From its start to what it leaves behind. */
export async function liveInMood(context: LifeContext, cell: Cell): Promise<void> {
  const life = await steps.start(context, cell.cycle, false);
  try {
    await steps.becomeReady(context, life);
  } catch (error) {
    if (!(error instanceof ScenarioAborted) || context.signal.aborted) throw error;
    await countStrikes(context, cell, life, 0);
    await observeRefusal(context, life);
    return;
  }
  await steps.plant(context, life);
  const truth = fillCell(context.moods.truth, cell);
  await countStrikes(context, cell, life, truth.withinMs);
  await awaitTruth(context, cell, life, truth);
  await watch(context, life, truth);
  await steps.strike(context, life);
  await steps.exit(context, life, undefined);
  await steps.freePort(context, life, undefined);
  await steps.lookForSurvivors(context, life);
}

/** A service that exits at its start may say why, and must leave nothing behind either. */
async function observeRefusal(context: LifeContext, life: Life): Promise<void> {
  const { instance, cycle } = life;
  const slice = (cursor: number) => instance.logs(cursor);
  context.recorder.observe({ kind: 'last-words', cycle, lines: lastLines({ slice }, instance.logStart) });
  await steps.plant(context, life);
  const exit = instance.exit();
  if (exit === undefined) return;
  life.exitAtMs = exit.atMs;
  await steps.freePort(context, life, undefined);
  await steps.lookForSurvivors(context, life);
}

/** Waits until the companion has counted a strike. */
async function countStrikes(
  { control, recorder, signal }: LifeContext,
  cell: Cell,
  life: Life,
  withinMs: number,
): Promise<void> {
  const { cycle } = cell;
  let strikes = 0;
  let problem: string | undefined;
  const waited = await poll(
    async () => {
      const count = await control.strikes(cell);
      problem = count.readable ? undefined : count.reason;
      if (!count.readable) return undefined;
      strikes = count.value;
      return strikes > 0 || life.instance.exit() !== undefined ? strikes : undefined;
    },
    deadlineIn(withinMs, `the mood ${cell.mood} of ${cell.subject} to strike`),
    ASK_PACE,
    signal,
  );
  if (strikes === 0) demandUninterrupted(signal);
  if (problem !== undefined && strikes === 0)
    recorder.observe({ kind: 'mood-uncontrolled', cycle, doing: 'count', reason: problem });
  recorder.observe({ kind: 'mood-strikes', cycle, strikes, afterMs: waited.afterMs });
}

/** Asks the service until it says one of the words that are true in this mood. */
async function awaitTruth(context: LifeContext, cell: Cell, life: Life, truth: TruthConfig): Promise<void> {
  const { recorder, signal } = context;
  const accepted = truth.says[cell.mood] ?? [];
  const { hearing, take } = createHearing();
  const startedAtMs = performance.now();
  const waited = await poll(
    async () => {
      if (life.instance.exit() !== undefined) return 'exited';
      const heard = await askTruth(originOfLife(life), truth, signal);
      take(heard, performance.now() - startedAtMs);
      return 'word' in heard && accepted.includes(heard.word) ? 'told' : undefined;
    },
    deadlineIn(truth.withinMs, `the service to say what ${cell.subject} is`),
    ASK_PACE,
    signal,
  );
  const met = waited.met && waited.value === 'told';
  if (!met) demandUninterrupted(signal);
  recorder.observe({ kind: 'truth-awaited', cycle: cell.cycle, met, hearing });
  demandAlive(context, life, 'while it was asked for the truth');
}

/** Looks at its readiness and listens to its word for as long as is asked for. */
async function watch(context: LifeContext, life: Life, truth: TruthConfig): Promise<void> {
  const { moods, recorder, service, signal } = context;
  const { instance, cycle } = life;
  const { hearing, take } = createHearing();
  const probe = createReadinessProbe(service, {
    host: instance.host,
    port: instance.port,
    logStart: instance.logStart,
    logs: (cursor) => instance.logs(cursor),
  });
  const startedAtMs = performance.now();
  const sinceMs = (): number => performance.now() - startedAtMs;
  // A line that said ready at the start is not said again.
  const isAskedAgain = 'http' in service.readiness;
  let looks = 0;
  let notReady: { afterMs: number; reason: string } | undefined;
  const look = async (): Promise<true | undefined> => {
    if (instance.exit() !== undefined) return true;
    if (isAskedAgain) {
      const reason = await probe.ask().then(() => undefined, errorText);
      if (reason !== undefined && instance.exit() === undefined) notReady ??= { afterMs: sinceMs(), reason };
      looks += 1;
    }
    take(await askTruth(originOfLife(life), truth, signal), sinceMs());
    return signal.aborted ? true : undefined;
  };
  try {
    await poll(look, deadlineIn(moods.holdMs, 'the service to be watched'), WATCH_PACE, signal);
  } finally {
    probe.close();
  }
  demandUninterrupted(signal);
  const seen = notReady === undefined ? {} : { notReady };
  recorder.observe({ kind: 'watched', cycle, forMs: sinceMs(), looks, ...seen, hearing });
  demandAlive(context, life, 'while it was watched');
}

function originOfLife({ instance }: Life): string {
  return originOf(instance.host, instance.port ?? 0);
}
