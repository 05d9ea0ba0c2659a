/** The steps of one life of a service in the restart loop: each does one thing and records what it saw. */
import { deadlineIn } from '../../harness/deadline.ts';
import { errorText } from '../../harness/errors.ts';
import type { SamplePoint } from '../../harness/observation.ts';
import { StartFailure } from '../../harness/supervisors/supervisor.ts';
import { startLoad } from '../load/generator.ts';
import { warmUp as sendWarmUp } from '../load/warm-up.ts';
import { createPlant } from '../planted-line.ts';
import { settle } from '../probes/settle.ts';
import { freePort, lookForSurvivors, noteLogReading } from './aftermath.ts';
import { identify } from './identify.ts';
import { endInside, lookInside } from './inside-life.ts';
import { demandAlive, loadOf, pauseUnlessAborted } from './one-life.ts';
import type { Life } from './one-life.ts';
import { ScenarioAborted, demandUninterrupted } from './scenario.ts';
import type { ScenarioContext } from './scenario.ts';
import { exit, openEventStreams, strike } from './stopping.ts';

export const LIFE_STEPS = {
  start,
  becomeReady,
  identify,
  plant,
  warmUp,
  sample,
  applyLoad,
  openEventStreams,
  strike,
  exit,
  freePort,
  lookForSurvivors,
  noteLogReading,
  lookInside,
  endInside,
} as const;

async function start(context: ScenarioContext, cycle: number, portProved: boolean): Promise<Life> {
  demandUninterrupted(context.signal);
  const { supervisor, recorder } = context;
  const probe = await context.openProbe?.();
  try {
    const instance = await supervisor.start({
      portProved,
      ...(probe === undefined ? {} : { preload: probe.preload }),
    });
    recorder.observe({
      kind: 'instance-started',
      cycle,
      pid: instance.pid,
      command: [...instance.command],
      node: instance.node,
      ...(instance.port === undefined ? {} : { port: instance.port }),
    });
    return {
      cycle,
      instance,
      signalAtMs: 0,
      exitAtMs: 0,
      ...(probe === undefined ? {} : { inside: { probe } }),
    };
  } catch (error) {
    await probe?.close();
    if (!(error instanceof StartFailure)) throw error;
    recorder.observe({ kind: 'start-failed', cycle, reason: errorText(error) });
    throw new ScenarioAborted(`the service could not be started in cycle ${cycle}`);
  }
}

async function becomeReady(
  { service, recorder, signal }: ScenarioContext,
  { cycle, instance }: Life,
): Promise<void> {
  const deadline = deadlineIn(service.readyWithinMs, 'the service to become ready');
  const readiness = await instance.ready(deadline, signal);
  if (readiness.kind === 'ready') {
    recorder.observe({ kind: 'ready', cycle, afterMs: readiness.afterMs, by: readiness.by });
    recorder.observe({ kind: 'output-path', cycle, ...(await instance.outputPath()) });
    return;
  }
  // An interruption is no finding about the service.
  demandUninterrupted(signal);
  const { afterMs, reason } = readiness;
  if (readiness.kind === 'exited')
    recorder.observe({ kind: 'start-failed', cycle, reason, exit: readiness.exit });
  else {
    const { listeningOn } = readiness;
    recorder.observe({
      kind: 'not-ready',
      cycle,
      afterMs,
      reason,
      ...(listeningOn === undefined ? {} : { listeningOn }),
    });
  }
  throw new ScenarioAborted(`the service did not become ready in cycle ${cycle}`);
}

async function plant({ supervisor, recorder }: ScenarioContext, { cycle }: Life): Promise<void> {
  const { word, pattern, line } = createPlant(cycle);
  await supervisor.plantLine(line);
  recorder.observe({ kind: 'planted', cycle, word, pattern });
}

/** What a service opens on its first requests and keeps is no leak: it is there before the first sample. */
async function warmUp(context: ScenarioContext, life: Life): Promise<void> {
  const load = loadOf(context, life);
  if (load !== undefined) await sendWarmUp(load);
}

async function sample(context: ScenarioContext, life: Life, point: SamplePoint): Promise<void> {
  const { cycle, instance } = life;
  const settled = await settle({
    pid: instance.pid,
    transport: instance.transport,
    port: context.portBehindProxy ?? instance.port,
    companionPorts: context.companionPorts,
    behindProxy: context.portBehindProxy !== undefined,
    withinMs: context.settleWithinMs,
    signal: context.signal,
    ...(point === 'quiet' && life.ready !== undefined ? { baseline: life.ready } : {}),
  });
  demandUninterrupted(context.signal);
  demandAlive(context, life, point === 'ready' ? 'after its first requests' : 'under load');
  const { afterMs, waitingFor } = settled;
  context.recorder.observe({
    kind: 'settled',
    cycle,
    point,
    afterMs,
    settled: settled.settled,
    ...(waitingFor === undefined ? {} : { waitingFor }),
  });
  context.recorder.observe({ kind: 'sample', cycle, point, sample: settled.sample });
  if (point === 'ready') life.ready = settled.sample;
}

async function applyLoad(context: ScenarioContext, life: Life): Promise<void> {
  const options = loadOf(context, life);
  if (options === undefined) return;
  const load = startLoad({ ...options, seed: context.seed + life.cycle });
  await pauseUnlessAborted(options.config.beforeStopMs, context.signal).finally(() => load.stop());
  const totals = await load.stop();
  context.recorder.observe({ kind: 'load', cycle: life.cycle, phase: 'steady', totals });
  demandAlive(context, life, 'under load');
}
