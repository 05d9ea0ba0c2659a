/**
 * The scenario companion-moods: one life of the service in every mood of every subject of a companion. Mood set, start,
 * mood struck, truth told, still up, stop signal, exit, mood reset. It only observes. Called by the soak stage.
 */
import { errorText } from '../../harness/errors.ts';
import { type Cell, cellName, cellsOf } from '../moods/cells.ts';
import { liveInMood, type MoodsContext } from './mood-life.ts';
import { demandUninterrupted, ScenarioAborted } from './scenario.ts';

const SCENARIO = 'companion-moods';

/** Runs every cell. One that goes wrong is on record and ends by itself; a companion that cannot be reset ends all. */
export async function runCompanionMoods(context: MoodsContext): Promise<void> {
  const { recorder, moods, service, seed, progress, signal } = context;
  const cells = cellsOf(moods);
  recorder.observe({ kind: 'moods-planned', cells, stopSignal: service.stopSignal, seed });
  try {
    for (const cell of cells) {
      demandUninterrupted(signal);
      progress.status(`moods: ${cellName(cell)} (${cell.cycle} of ${cells.length})`);
      await runCell(context, cell);
    }
    recorder.observe({ kind: 'scenario-finished', scenario: SCENARIO, cycles: cells.length });
  } catch (error) {
    if (!(error instanceof ScenarioAborted))
      recorder.observe({ kind: 'harness-error', message: errorText(error) });
    recorder.observe({ kind: 'scenario-aborted', scenario: SCENARIO, reason: errorText(error) });
    if (!(error instanceof ScenarioAborted)) throw error;
  }
}

async function runCell(context: MoodsContext, cell: Cell): Promise<void> {
  const supervisor = context.supervise(cell);
  try {
    if (await setMood(context, cell))
      await liveInMood({ ...context, supervisor, load: false, cycles: 1 }, cell);
  } catch (error) {
    // A life that ended early is on record; the next one is another matter.
    if (!(error instanceof ScenarioAborted) || context.signal.aborted) throw error;
  } finally {
    await supervisor.dispose();
  }
  await resetMoods(context, cell);
}

async function setMood({ control, recorder }: MoodsContext, cell: Cell): Promise<boolean> {
  const { cycle, subject, mood } = cell;
  const problem = await control.set(cell);
  recorder.observe(
    problem === undefined
      ? { kind: 'mood-set', cycle, subject, mood }
      : { kind: 'mood-uncontrolled', cycle, doing: 'set', reason: problem },
  );
  return problem === undefined;
}

async function resetMoods({ control, recorder }: MoodsContext, { cycle }: Cell): Promise<void> {
  const problem = await control.reset();
  if (problem === undefined) return;
  recorder.observe({ kind: 'mood-uncontrolled', cycle, doing: 'reset', reason: problem });
  throw new ScenarioAborted(`the moods could not be reset: ${problem}`);
}
