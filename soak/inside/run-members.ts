/** The lives of the scenarios that make starts and stops fail. They only observe. */
import { deadlineIn } from '../../harness/deadline.ts';
import type { FaultHow } from '../../harness/observations/inside.ts';
import { REFUSAL_LINES } from '../faults/refusals.ts';
import type { Trial } from '../faults/trial.ts';
import { demandUninterrupted } from '../scenarios/scenario.ts';
import type { Life } from '../scenarios/one-life.ts';
import { MARK, noteCalls, noteWords, openFaultyLife, UNDISTURBED, type FaultyLife } from './member-faults.ts';

/** A failure that nobody caught, or something else that went wrong, is no answer to a stop that failed. */
const NO_ACCIDENT = '^(?!.*([Uu]nhandled|[Uu]ncaught|MaxListeners|never awaited|out of memory|EADDRINUSE))';

/** Lines that a service writes when a stop of its own fails. */
export const STOP_LINES = [
  { pattern: `${NO_ACCIDENT}.*${MARK}`, reason: 'the error that was made' },
  {
    pattern: `${NO_ACCIDENT}.*([Ss]hut ?down|[Ss]top|[Cc]los(e|ing)|[Ff]orc(ed|ing)|deadline|timed out)`,
    reason: 'a stop was made to fail: that it says so is right',
  },
] as const;
export const START_LINES = [...STOP_LINES, ...REFUSAL_LINES] as const;

/** How much longer than without a fault a start may take before it counts as hanging. */
const HANGS_AFTER_MS = 1_500;

export async function runStop(outer: Trial, how: FaultHow): Promise<void> {
  const faulty = await openFaultyLife(outer, 'stop', how);
  const life = await faulty.trial.startReady();
  try {
    await faulty.trial.stop(life);
  } finally {
    note(faulty, life, how);
  }
}

export async function runStart(outer: Trial, how: FaultHow): Promise<void> {
  const faulty = await openFaultyLife(outer, 'start', how);
  const { trial } = faulty;
  // One that a life without a fault does not call leaves a life like that one.
  const isUndisturbed =
    trial.case.name === UNDISTURBED ||
    faulty.targets.every(({ id }) => !trial.context.undisturbed.called.has(id));
  const life = isUndisturbed ? await trial.startReady() : await trial.start();
  try {
    if (isUndisturbed) await trial.stop(life);
    else if (how === 'hang') await hang(trial, life);
    else await trial.refuse(life);
  } finally {
    note(faulty, life, how);
  }
}

/** It is given the time in which it would be ready, and told to stop. */
async function hang(trial: Trial, life: Life): Promise<void> {
  const withinMs = Math.min(trial.service.readyWithinMs, trial.readyAfterMs() * 2 + HANGS_AFTER_MS);
  const deadline = deadlineIn(withinMs, 'a start that never ends');
  const readiness = await life.instance.ready(deadline, trial.context.signal);
  demandUninterrupted(trial.context.signal);
  const { cycle } = trial.case;
  if (readiness.kind === 'ready')
    trial.observe({ kind: 'ready', cycle, afterMs: readiness.afterMs, by: readiness.by });
  if (readiness.kind !== 'exited') return trial.stop(life);
  // It has given up by itself: that is as good.
  trial.observe({ kind: 'exited', cycle, afterMs: 0, ...readiness.exit });
  return trial.lookAfter(life);
}

function note(faulty: FaultyLife, life: Life, how: FaultHow): void {
  noteCalls(faulty, how);
  noteWords(faulty, life);
}
