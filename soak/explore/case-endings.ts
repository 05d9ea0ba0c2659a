/** The end of a life in a case: the signal, the exit, the port, what outlived it. Steps call these. */
import { deadlineIn, poll } from '../../harness/deadline.ts';
import { CaseOver, demandTime, lastWords, type CaseLife, type RunningCase } from './run-case.ts';

/** A child that ends together with the service may take this long without being called a survivor. */
const SURVIVOR_GRACE_MS = 300;
const PACE = { firstMs: 1, maxMs: 20 };

/** Sends a signal; to a life that has ended already none is sent. */
export async function tell(running: RunningCase, life: CaseLife, signal: NodeJS.Signals): Promise<void> {
  demandTime(running);
  const beforeReady = !life.ready;
  const signalled = await life.instance.signal(signal);
  if (!signalled.sent) return;
  life.toldAtMs ??= signalled.atMs;
  if (life.told.length === 0) life.toldBeforeReady = beforeReady;
  life.told.push(signal);
  const since = life.told.length === 1 ? life.startedAtMs : life.toldAtMs;
  running.observe({
    kind: 'schedule-told',
    case: running.number,
    step: running.step,
    signal,
    beforeReady,
    afterMs: signalled.atMs - since,
  });
}

/** Waits for the exit and writes it down. @returns milliseconds since the first signal. */
export async function awaitExit(running: RunningCase, life: CaseLife): Promise<number> {
  const { lane, number: id, step, signal } = running;
  const { instance, told } = life;
  const ended = await instance.exited(deadlineIn(lane.service.exitWithinMs, 'the service to exit'), signal);
  const afterMs = ended.atMs - (life.toldAtMs ?? life.startedAtMs);
  if (ended.kind === 'exited') {
    const lastLines = lastWords(instance);
    const leastStopMs = lane.stops.least();
    const beforeReady = life.toldBeforeReady || (told.length === 0 && !life.ready);
    running.observe({
      kind: 'schedule-exited',
      case: id,
      step,
      told: [...told],
      beforeReady,
      afterMs,
      ...(leastStopMs === undefined ? {} : { leastStopMs }),
      ...ended.exit,
      lastLines,
    });
    return afterMs;
  }
  demandTime(running);
  running.observe({ kind: 'schedule-still-running', case: id, step, afterMs, reason: ended.reason });
  throw new CaseOver('still running');
}

/** What is left of a life that has ended; it is ended, so that the next one starts clean. */
export async function lookAround(running: RunningCase, life: CaseLife): Promise<void> {
  const { lane, number: id, step, signal } = running;
  const supervisor = lane.first();
  const killed = life.told.includes('SIGKILL');
  const none = async () => {
    const seen = await supervisor.survivors();
    return !seen.readable || seen.value.length === 0 ? seen : undefined;
  };
  const waited = await poll(none, deadlineIn(SURVIVOR_GRACE_MS, 'child processes to end'), PACE, signal);
  demandTime(running);
  const processes = waited.met ? waited.value : await supervisor.survivors();
  // Whoever holds the port of an orderly end is a finding; what a kill orphaned cannot be held against it.
  if (killed) await supervisor.endSurvivors();
  running.observe({ kind: 'schedule-survivors', case: id, step, killed, processes });
  await notePort(running, life);
  if (!killed) await supervisor.endSurvivors();
}

async function notePort(running: RunningCase, { instance }: CaseLife): Promise<void> {
  if (instance.port === undefined) return;
  const { number: id, step, signal, portFreeWithinMs } = running;
  const startedAt = performance.now();
  const waited = await poll(
    async () => ((await instance.probePort()).free ? true : undefined),
    deadlineIn(portFreeWithinMs, 'the port to be free'),
    PACE,
    signal,
  );
  if (!waited.met) demandTime(running);
  const afterMs = performance.now() - startedAt;
  const holder = waited.met ? {} : { holder: await instance.portHolder() };
  running.observe({ kind: 'schedule-port', case: id, step, free: waited.met, afterMs, ...holder });
}
