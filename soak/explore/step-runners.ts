/** How each step of a schedule is carried out on a real service. Called by `run-case.ts`. */
import { deadlineIn } from '../../harness/deadline.ts';
import type { Step, StepKind } from '../../harness/observations/explore.ts';
import { askEach } from './ask-requests.ts';
import { awaitExit, lookAround, tell } from './case-endings.ts';
import { CaseOver, demandTime, lastWords, plantOnce, type CaseLife, type RunningCase } from './run-case.ts';
import { StartFailure } from '../../harness/supervisors/supervisor.ts';
import { freeze, freezeAndStop } from './freeze.ts';
import { startBeside, stopAndStart } from './two-lives.ts';

export const STEP_RUNNERS = {
  start: async (running) => {
    const life = await begin(running);
    await getReady(running, life);
  },
  'start-and-stop': (running, { atPercent }) => startAnd(running, running.lane.service.stopSignal, atPercent),
  'start-and-kill': (running, { atPercent }) => startAnd(running, 'SIGKILL', atPercent),
  stop: async (running) => {
    await tell(running, lifeOf(running), running.lane.service.stopSignal);
    await end(running, true);
  },
  interrupt: async (running) => {
    await tell(running, lifeOf(running), 'SIGINT');
    await end(running);
  },
  'stop-twice': (running, { gapPercent }) => stopAnd(running, running.lane.service.stopSignal, gapPercent),
  'stop-and-interrupt': (running, { gapPercent }) => stopAnd(running, 'SIGINT', gapPercent),
  'stop-and-kill': (running, { gapPercent }) => stopAnd(running, 'SIGKILL', gapPercent),
  kill: async (running) => {
    await tell(running, lifeOf(running), 'SIGKILL');
    await end(running);
  },
  requests: async (running, { count }) => {
    const { instance } = lifeOf(running);
    const asked = await askEach(instance, running.requests, count);
    demandTime(running);
    demandRunning(running);
    running.observe({ kind: 'schedule-asked', case: running.number, step: running.step, ...asked });
  },
  freeze: async (running, { forMs }) => {
    await freeze(running, lifeOf(running), forMs);
    demandRunning(running);
  },
  'freeze-and-stop': async (running, { forMs }) => {
    await freezeAndStop(running, lifeOf(running), forMs);
    await end(running);
  },
  'start-beside': (running) => startBeside(running, lifeOf(running)),
  'stop-and-start': (running) => stopAndStart(running, lifeOf(running), () => end(running)),
} as const satisfies {
  [K in StepKind]: (running: RunningCase, step: Extract<Step, { do: K }>) => Promise<void>;
};

async function begin(running: RunningCase): Promise<CaseLife> {
  const { lane, number, step } = running;
  const startedAtMs = performance.now();
  try {
    const instance = await lane.first().start();
    running.observe({ kind: 'schedule-started', case: number, step, pid: instance.pid });
    const life: CaseLife = { instance, startedAtMs, ready: false, told: [], toldBeforeReady: false };
    running.life = life;
    running.lives.push(instance);
    await plantOnce(running);
    return life;
  } catch (error) {
    // The port had been free, and nothing of the service's was left: somebody else took it.
    if (error instanceof StartFailure)
      throw new Error(`it could not be started: ${error.message}`, { cause: error });
    throw error;
  }
}

async function getReady(running: RunningCase, life: CaseLife): Promise<void> {
  const { lane, number: id, step, signal } = running;
  const { readyWithinMs } = lane.service;
  const readiness = await life.instance.ready(
    deadlineIn(readyWithinMs, 'the service to become ready'),
    signal,
  );
  if (readiness.kind !== 'ready') demandTime(running);
  const { afterMs } = readiness;
  if (readiness.kind === 'ready') {
    life.ready = true;
    lane.starts.note(afterMs);
    running.observe({ kind: 'schedule-ready', case: id, step, afterMs });
    return;
  }
  running.observe({
    kind: 'schedule-not-ready',
    case: id,
    step,
    afterMs,
    reason: readiness.reason,
    ...(readiness.kind === 'exited' ? { exit: readiness.exit } : {}),
    lastLines: lastWords(life.instance),
  });
  throw new CaseOver('not ready');
}

/** Starts it and sends a signal at that part of a typical start, ready or not. */
async function startAnd(running: RunningCase, signal: NodeJS.Signals, atPercent: number): Promise<void> {
  const life = await begin(running);
  const { lane } = running;
  const stop = new AbortController();
  const ready = life.instance
    .ready(deadlineIn(lane.service.readyWithinMs, 'the service to become ready'), stop.signal)
    .then((readiness) => {
      if (readiness.kind === 'ready') life.ready = true;
    });
  await untilEnded(running, life, (lane.starts.ms() * atPercent) / 100);
  await tell(running, life, signal);
  stop.abort();
  await ready;
  await end(running);
}

/** Tells it to stop, and at that part of a typical stop something else; a stop that is over by then is an ordinary one. */
async function stopAnd(running: RunningCase, second: NodeJS.Signals, gapPercent: number): Promise<void> {
  const life = lifeOf(running);
  await tell(running, life, running.lane.service.stopSignal);
  await untilEnded(running, life, (running.lane.stops.ms() * gapPercent) / 100);
  if (life.instance.exit() === undefined) await tell(running, life, second);
  await end(running);
}

/** Waits for that long, or until it ends before. */
async function untilEnded({ signal }: RunningCase, { instance }: CaseLife, ms: number): Promise<void> {
  if (ms > 0) await instance.exited(deadlineIn(ms, 'the offset of the signal'), signal);
}

/** `plain`: nothing disturbed this stop, so it shows what one takes. */
async function end(running: RunningCase, plain = false): Promise<void> {
  const life = lifeOf(running);
  const afterMs = await awaitExit(running, life);
  if (plain) running.lane.stops.note(afterMs);
  await lookAround(running, life);
  running.life = undefined;
}

function lifeOf({ life }: RunningCase): CaseLife {
  if (life === undefined) throw new Error('a step needs a running service, and the schedule has none');
  return life;
}

/** A life that ended before it was told to is a finding of its own. */
function demandRunning(running: RunningCase): void {
  const life = lifeOf(running);
  const exit = life.instance.exit();
  if (exit === undefined) return;
  const { code, signal } = exit;
  running.observe({
    kind: 'schedule-exited',
    case: running.number,
    step: running.step,
    told: [],
    beforeReady: false,
    afterMs: 0,
    code,
    signal,
    lastLines: lastWords(life.instance),
  });
  throw new CaseOver('ended unasked');
}
