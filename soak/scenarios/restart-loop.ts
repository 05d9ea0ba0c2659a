/**
 * The restart loop: start, ready, load, quiet, load again, stop signal in the middle of it, exit, and again.
 * Reads like the script it is; each step is below or in `life.ts`. Called by the soak stage.
 */
import { LIFE_STEPS } from './life.ts';
import type { Life } from './one-life.ts';
import { ScenarioAborted } from './scenario.ts';
import type { ScenarioContext } from './scenario.ts';
import type { Load } from '../load/generator.ts';
import { errorText } from '../../harness/errors.ts';

const SCENARIO = 'restart-loop';

/**
 * Runs all cycles and writes what it sees. A service that does not start, does not get ready or does not end is
 * recorded, and ends the loop; so does an interruption. Whatever still runs is left to the supervisor's `dispose`.
 */
export async function runRestartLoop(context: ScenarioContext): Promise<void> {
  const { recorder, cycles } = context;
  recorder.observe({
    kind: 'scenario-planned',
    scenario: SCENARIO,
    cycles,
    load:
      context.load === undefined ? 'not-configured' : context.load === false ? 'none-on-purpose' : 'applied',
    loadPerSecond: context.load ? context.load.requestsPerSecond : 0,
    listens: context.service.port !== 'none',
    stopSignal: context.service.stopSignal,
    seed: context.seed,
    ...(context.keptListener === true ? { keptListener: true } : {}),
    ...(context.supervisor.takeLogReading === undefined ? {} : { journal: true }),
    ...(context.load && context.load.streams.length > 0
      ? { streams: context.load.streams.reduce((sum, { count }) => sum + count, 0) }
      : {}),
  });
  recorder.observe({
    kind: 'inside-planned',
    ...(context.notInside === undefined ? {} : { because: context.notInside }),
  });
  const underway: Underway = { load: undefined, cycle: 0, portProved: false };
  try {
    for (let cycle = 1; cycle <= cycles; cycle += 1) await runCycle(context, cycle, underway);
    await endLoad(context, underway);
    recorder.observe({ kind: 'scenario-finished', scenario: SCENARIO, cycles });
  } catch (error) {
    await endLoad(context, underway);
    if (!(error instanceof ScenarioAborted))
      recorder.observe({ kind: 'harness-error', message: errorText(error) });
    recorder.observe({ kind: 'scenario-aborted', scenario: SCENARIO, reason: errorText(error) });
    if (!(error instanceof ScenarioAborted)) throw error;
  }
}

/** The load that goes on from one cycle's stop signal to the next one's readiness. */
interface Underway {
  load: Load | undefined;
  cycle: number;
  /** Whether the end of the cycle before has bound the port: nobody has it. */
  portProved: boolean;
}

async function runCycle(context: ScenarioContext, cycle: number, underway: Underway): Promise<void> {
  const steps = LIFE_STEPS;
  context.progress.status(`restart ${cycle} of ${context.cycles}`);
  const life: Life = await steps.start(context, cycle, underway.portProved);
  try {
    await live(context, life, underway);
  } finally {
    await steps.endInside(context, life);
  }
}

async function live(context: ScenarioContext, life: Life, underway: Underway): Promise<void> {
  const steps = LIFE_STEPS;
  await steps.becomeReady(context, life);
  await endLoad(context, underway);
  await steps.identify(context, life);
  await steps.plant(context, life);
  await steps.warmUp(context, life);
  await steps.sample(context, life, 'ready');
  await steps.lookInside(context, life, 'ready');
  await steps.applyLoad(context, life);
  await steps.sample(context, life, 'quiet');
  await steps.lookInside(context, life, 'quiet');
  await steps.openEventStreams(context, life);
  underway.load = await steps.strike(context, life);
  underway.cycle = life.cycle;
  await steps.exit(context, life, underway.load);
  steps.noteLogReading(context, life);
  underway.portProved = await steps.freePort(context, life, underway.load);
  // Whoever holds the port is about to be ended: what that does to requests is the harness's doing.
  if (!underway.portProved) await endLoad(context, underway);
  await steps.lookForSurvivors(context, life);
}

/** Stops the load of the last strike and writes down what became of its requests. */
async function endLoad({ recorder }: ScenarioContext, underway: Underway): Promise<void> {
  if (underway.load === undefined) return;
  const { load, cycle } = underway;
  underway.load = undefined;
  recorder.observe({ kind: 'load', cycle, phase: 'strike', totals: await load.stop() });
}
