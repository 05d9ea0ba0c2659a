/** The steps of one life of a service in the restart loop: each does one thing and records what it saw. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LoadConfig } from '../../harness/config.ts';
import { deadlineIn } from '../../harness/deadline.ts';
import { errorText } from '../../harness/errors.ts';
import type { ProcessSample, SamplePoint } from '../../harness/observation.ts';
import { lastLines } from '../../harness/supervisors/process-instance.ts';
import { originOf } from '../../harness/supervisors/readiness.ts';
import { StartFailure } from '../../harness/supervisors/supervisor.ts';
import type { Instance, Signalled } from '../../harness/supervisors/supervisor.ts';
import { startLoad } from '../load/generator.ts';
import type { Load } from '../load/generator.ts';
import { warmUp as sendWarmUp } from '../load/warm-up.ts';
import { createPlant } from '../planted-line.ts';
import { settle } from '../probes/settle.ts';
import { freePort, lookForSurvivors } from './aftermath.ts';
import { ScenarioAborted, demandUninterrupted } from './scenario.ts';
import type { ScenarioContext } from './scenario.ts';

/** One life, and what later steps need of earlier ones. */
export interface Life {
  cycle: number;
  instance: Instance;
  signalAtMs: number;
  exitAtMs: number;
  ready?: ProcessSample;
}

/** Load is on for this long before the strike, so that connections have answered; the first such one ends the wait. */
const STRIKE_LEAD_MS = 150;

export const LIFE_STEPS = {
  start,
  becomeReady,
  plant,
  warmUp,
  sample,
  applyLoad,
  strike,
  exit,
  freePort,
  lookForSurvivors,
} as const;

async function start(context: ScenarioContext, cycle: number, portProved: boolean): Promise<Life> {
  demandUninterrupted(context.signal);
  const { supervisor, recorder } = context;
  try {
    const instance = await supervisor.start({ portProved });
    recorder.observe({
      kind: 'instance-started',
      cycle,
      pid: instance.pid,
      command: [...instance.command],
      node: instance.node,
      ...(instance.port === undefined ? {} : { port: instance.port }),
    });
    return { cycle, instance, signalAtMs: 0, exitAtMs: 0 };
  } catch (error) {
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
    recorder.observe({ kind: 'output-path', cycle, ...instance.outputPath() });
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

function plant({ supervisor, recorder }: ScenarioContext, { cycle }: Life): void {
  const { word, pattern, line } = createPlant(cycle);
  supervisor.plantLine(line);
  recorder.observe({ kind: 'planted', cycle, word, pattern });
}

/** What a service opens on its first requests and keeps is no leak: it is there before the first sample. */
async function warmUp(context: ScenarioContext, { instance }: Life): Promise<void> {
  const load = loadOf(context, instance);
  if (load !== undefined) await sendWarmUp(load);
}

async function sample(context: ScenarioContext, life: Life, point: SamplePoint): Promise<void> {
  const { cycle, instance } = life;
  const settled = await settle({
    pid: instance.pid,
    port: instance.port,
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
  const options = loadOf(context, life.instance);
  if (options === undefined) return;
  const load = startLoad({ ...options, seed: context.seed + life.cycle });
  await pauseUnlessAborted(options.config.beforeStopMs, context.signal).finally(() => load.stop());
  const totals = await load.stop();
  context.recorder.observe({ kind: 'load', cycle: life.cycle, phase: 'steady', totals });
  demandAlive(context, life, 'under load');
}

/** Sends the stop signal, under load where there is one; that load goes on and is returned. */
async function strike(context: ScenarioContext, life: Life): Promise<Load | undefined> {
  demandUninterrupted(context.signal);
  const { cycle, instance } = life;
  const options = loadOf(context, instance);
  const load = options === undefined ? undefined : startLoad({ ...options, seed: context.seed - life.cycle });
  try {
    const leadMs = Math.min(STRIKE_LEAD_MS, options?.config.beforeStopMs ?? 0);
    if (load !== undefined) await pauseUnlessAborted(leadMs, context.signal);
    const { signalled, inFlight } = await sendStopSignal(context, instance, load);
    if (!signalled.sent) {
      demandAlive(context, life, 'just before the stop signal');
      throw new ScenarioAborted(`the stop signal could not be sent in cycle ${cycle}: ${signalled.reason}`);
    }
    life.signalAtMs = signalled.atMs;
    context.recorder.observe({ kind: 'signal-sent', cycle, signal: context.service.stopSignal, inFlight });
    return load;
  } catch (error) {
    await load?.stop();
    throw error;
  }
}

async function sendStopSignal(
  { service }: ScenarioContext,
  instance: Instance,
  load: Load | undefined,
): Promise<{ signalled: Signalled; inFlight: number }> {
  let signalled: Signalled = { sent: false, reason: 'it was not tried' };
  const send = (): void => {
    signalled = instance.signal(service.stopSignal);
  };
  let inFlight = 0;
  if (load === undefined) send();
  else inFlight = await load.strike(send);
  return { signalled, inFlight };
}

async function exit(context: ScenarioContext, life: Life, load: Load | undefined): Promise<void> {
  const { cycle, instance, signalAtMs } = life;
  const deadline = deadlineIn(context.service.exitWithinMs, 'the service to exit');
  const ended = await instance.exited(deadline, context.signal);
  const afterMs = ended.atMs - signalAtMs;
  if (ended.kind === 'exited') {
    load?.noteExit();
    life.exitAtMs = ended.atMs;
    context.recorder.observe({ kind: 'exited', cycle, afterMs, ...ended.exit });
    return;
  }
  demandUninterrupted(context.signal);
  context.recorder.observe({ kind: 'still-running', cycle, afterMs });
  throw new ScenarioAborted(`the service did not exit in cycle ${cycle}: ${ended.reason}`);
}

/** A life that ended before it was told to is a finding of its own. */
function demandAlive({ recorder }: ScenarioContext, { cycle, instance }: Life, during: string): void {
  const end = instance.exit();
  if (end === undefined) return;
  recorder.observe({
    kind: 'exited-unasked',
    cycle,
    during,
    code: end.code,
    signal: end.signal,
    lastLines: lastLines({ slice: (cursor) => instance.logs(cursor) }, instance.logStart),
  });
  throw new ScenarioAborted(`the service ended ${during} in cycle ${cycle}`);
}

function loadOf(
  context: ScenarioContext,
  { host, port }: Instance,
): { origin: string; config: LoadConfig; signal: AbortSignal } | undefined {
  if (!context.load || port === undefined) return undefined;
  return { origin: originOf(host, port), config: context.load, signal: context.signal };
}

async function pauseUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  // How long load is applied is what was asked for, not a wait for something.
  await pause(ms, undefined, { signal }).catch(() => demandUninterrupted(signal));
}
