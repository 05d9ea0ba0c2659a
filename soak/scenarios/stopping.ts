/** The steps of a life around its stop signal: what is held open over it, the signal itself, the exit. */
import { deadlineIn } from '../../harness/deadline.ts';
import { originOf } from '../../harness/supervisors/readiness.ts';
import type { Instance, Signalled } from '../../harness/supervisors/supervisor.ts';
import { startLoad } from '../load/generator.ts';
import type { Load } from '../load/generator.ts';
import { openStreams } from '../load/streams.ts';
import { watchDraining } from '../probes/draining.ts';
import { lookInside } from './inside-life.ts';
import { demandAlive, loadOf, pauseUnlessAborted } from './one-life.ts';
import type { Life } from './one-life.ts';
import { ScenarioAborted, demandUninterrupted } from './scenario.ts';
import type { ScenarioContext } from './scenario.ts';

/** Load is on for this long before the strike, so that connections have answered; the first such one ends the wait. */
const STRIKE_LEAD_MS = 150;

/** The end of a stream may be read a moment after the exit of who ended it. */
const STREAM_GRACE_MS = 300;

/** Holds event streams open from before the stop signal to after the exit. */
export async function openEventStreams(context: ScenarioContext, life: Life): Promise<void> {
  const options = loadOf(context, life);
  if (options === undefined || options.config.streams.length === 0) return;
  const { origin, config, signal } = options;
  life.streams = await openStreams({ origin, streams: config.streams, timeoutMs: config.timeoutMs, signal });
}

/** Sends the stop signal, under load where there is one; that load goes on and is returned. */
export async function strike(context: ScenarioContext, life: Life): Promise<Load | undefined> {
  demandUninterrupted(context.signal);
  const { cycle, instance } = life;
  const options = loadOf(context, life);
  const load =
    options === undefined
      ? undefined
      : startLoad({
          ...options,
          seed: context.seed - life.cycle,
          isPatient: context.keptListener === true,
        });
  try {
    const leadMs = Math.min(STRIKE_LEAD_MS, options?.config.beforeStopMs ?? 0);
    if (load !== undefined) await pauseUnlessAborted(leadMs, context.signal);
    const { signalled, inFlight } = await sendStopSignal(context, instance, load);
    if (!signalled.sent) {
      demandAlive(context, life, 'just before the stop signal');
      throw new ScenarioAborted(`the stop signal could not be sent in cycle ${cycle}: ${signalled.reason}`);
    }
    life.signalAtMs = signalled.atMs;
    life.streams?.noteSignal();
    watchReadiness(context, life);
    context.recorder.observe({ kind: 'signal-sent', cycle, signal: context.service.stopSignal, inFlight });
    return load;
  } catch (error) {
    await load?.stop();
    await life.streams?.close();
    throw error;
  }
}

function watchReadiness({ service, recorder, keptListener }: ScenarioContext, life: Life): void {
  const { cycle, instance } = life;
  if (!('http' in service.readiness) || instance.port === undefined) {
    const notAsked = 'readiness is told by the log: there is no route to ask';
    recorder.observe({ kind: 'readiness-after-signal', cycle, notAsked });
    return;
  }
  if (keptListener === true) {
    const notAsked = 'a socket unit keeps the listener: a new connection may be answered by the next life';
    recorder.observe({ kind: 'readiness-after-signal', cycle, notAsked });
    return;
  }
  const { http: path, status } = service.readiness;
  const origin = originOf(instance.host, instance.port);
  life.draining = watchDraining({ origin, path, status }, life.signalAtMs);
}

/** Ends what was watched over the stop, and writes down what it saw. */
async function endWatches({ recorder }: ScenarioContext, { cycle, draining, streams }: Life): Promise<void> {
  if (draining !== undefined)
    recorder.observe({ kind: 'readiness-after-signal', cycle, seen: await draining.end() });
  if (streams === undefined) return;
  recorder.observe({ kind: 'streams', cycle, totals: await streams.totals(STREAM_GRACE_MS) });
  await streams.close();
}

async function sendStopSignal(
  { service }: ScenarioContext,
  instance: Instance,
  load: Load | undefined,
): Promise<{ signalled: Signalled; inFlight: number }> {
  let signalled: Promise<Signalled> | undefined;
  const send = (): Promise<Signalled> => (signalled = instance.signal(service.stopSignal));
  const inFlight = load === undefined ? 0 : await load.strike(send, instance.transport !== undefined);
  return { signalled: await (signalled ?? send()), inFlight };
}

export async function exit(context: ScenarioContext, life: Life, load: Load | undefined): Promise<void> {
  const { cycle, instance, signalAtMs } = life;
  const deadline = deadlineIn(context.service.exitWithinMs, 'the service to exit');
  const ended = await instance.exited(deadline, context.signal);
  const afterMs = ended.atMs - signalAtMs;
  if (ended.kind === 'exited') load?.noteExit();
  await endWatches(context, life);
  if (ended.kind === 'exited') {
    life.exitAtMs = ended.atMs;
    context.recorder.observe({ kind: 'exited', cycle, afterMs, ...ended.exit });
    return;
  }
  demandUninterrupted(context.signal);
  context.recorder.observe({ kind: 'still-running', cycle, afterMs });
  await lookInside(context, life, 'overdue');
  throw new ScenarioAborted(`the service did not exit in cycle ${cycle}: ${ended.reason}`);
}
