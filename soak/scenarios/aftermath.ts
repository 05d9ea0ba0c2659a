/** What is looked at once a life has ended: its port, and what outlived it. Steps of the restart loop. */
import { deadlineIn, poll } from '../../harness/deadline.ts';
import type { Load } from '../load/generator.ts';
import type { Life } from './one-life.ts';
import { ScenarioAborted, demandUninterrupted } from './scenario.ts';
import type { ScenarioContext } from './scenario.ts';

/** A child that ends together with the service may take this long without being called a survivor. */
const SURVIVOR_GRACE_MS = 300;
const PACE = { firstMs: 1, maxMs: 20 };

/** Whether the port was free in time. */
export async function freePort(
  context: ScenarioContext,
  life: Life,
  load: Load | undefined,
): Promise<boolean> {
  const { instance } = life;
  if (instance.port === undefined || context.keptListener === true) return true;
  // A connection that met the probe instead of a closed port would be counted as reset instead of refused.
  const probe = () => (load === undefined ? instance.probePort() : load.hold(() => instance.probePort()));
  let askedAtMs = performance.now();
  const ask = async (): Promise<true | undefined> => {
    askedAtMs = performance.now();
    return (await probe()).free ? true : undefined;
  };
  const waited = await poll(
    ask,
    deadlineIn(context.portFreeWithinMs, 'the port to be free'),
    PACE,
    context.signal,
  );
  if (waited.met) {
    // How long the answer takes, over ssh from a busy host, is not the service's time.
    const afterMs = Math.max(0, askedAtMs - life.exitAtMs);
    context.recorder.observe({ kind: 'port-free', cycle: life.cycle, afterMs });
    return true;
  }
  const afterMs = performance.now() - life.exitAtMs;
  demandUninterrupted(context.signal);
  context.recorder.observe({
    kind: 'port-held',
    cycle: life.cycle,
    afterMs,
    holder: await instance.portHolder(),
  });
  return false;
}

/** Records how the life's log was read, where it is read from a journal. */
export function noteLogReading({ supervisor, recorder }: ScenarioContext, { cycle }: Life): void {
  const reading = supervisor.takeLogReading?.();
  if (reading !== undefined) recorder.observe({ kind: 'journal-read', cycle, ...reading });
}

/** Records what outlived the life, and ends it: each cycle starts clean and counts its own. */
export async function lookForSurvivors(
  { supervisor, recorder, signal }: ScenarioContext,
  { cycle }: Life,
): Promise<void> {
  const none = async () => {
    const found = await supervisor.survivors();
    return !found.readable || found.value.length === 0 ? found : undefined;
  };
  const waited = await poll(none, deadlineIn(SURVIVOR_GRACE_MS, 'child processes to end'), PACE, signal);
  const processes = waited.met ? waited.value : await supervisor.survivors();
  recorder.observe({ kind: 'survivors', cycle, processes });
  const left = await supervisor.endSurvivors();
  if (left.length > 0)
    throw new ScenarioAborted(`could not end ${left.map(({ pid }) => `pid ${pid}`).join(', ')}`);
}
