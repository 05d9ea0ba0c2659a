/** Steps with two lives at once: a second one beside the first, and the next one before the last has ended. */
import { deadlineIn } from '../../harness/deadline.ts';
import type { Instance, Supervisor } from '../../harness/supervisors/supervisor.ts';
import { askAgain } from '../faults/ask-again.ts';
import { tell } from './case-endings.ts';
import { demandTime, type CaseLife, type RunningCase } from './run-case.ts';

const GONE_WITHIN_MS = 2_000;

/** A second life on a taken port must end by itself; the first must go on as if nothing had been. */
export async function startBeside(running: RunningCase, first: CaseLife): Promise<void> {
  const { lane, number: id, step, signal } = running;
  const second = await startSecond(running);
  const ended = await second.exited(deadlineIn(lane.service.readyWithinMs, 'the second life to end'), signal);
  demandTime(running);
  const deadline = deadlineIn(lane.service.readyWithinMs, 'the first life to answer');
  const { service } = lane;
  const answer = await askAgain({ service, requests: running.requests }, first.instance, deadline, signal);
  demandTime(running);
  running.observe({
    kind: 'schedule-beside',
    case: id,
    step,
    while: 'running',
    became: ended.kind === 'exited' ? 'ended' : 'stayed',
    ...(ended.kind === 'exited' ? { exit: ended.exit } : {}),
    // Where nothing can be asked, that it lives is all that is known.
    firstAnswers: 'ready' in answer ? answer.ready : first.instance.exit() === undefined,
  });
  await endAll(lane.second(), second);
}

/** The next life may get ready or give up, as it likes; what counts is that it does no harm. */
export async function stopAndStart(
  running: RunningCase,
  first: CaseLife,
  end: () => Promise<void>,
): Promise<void> {
  const { lane, number: id, step, signal } = running;
  await tell(running, first, lane.service.stopSignal);
  const second = await startSecond(running);
  const { readyWithinMs, exitWithinMs } = lane.service;
  await first.instance.exited(deadlineIn(exitWithinMs, 'the first life to end'), signal);
  const readiness = await second.ready(
    deadlineIn(readyWithinMs, 'the second life to be ready or to end'),
    signal,
  );
  const exit = second.exit();
  // Ended before the port is looked at: it may hold it with good reason.
  if (exit === undefined) {
    await second.signal(lane.service.stopSignal);
    await second.exited(deadlineIn(exitWithinMs, 'the second life to exit'), signal);
  }
  await endAll(lane.second(), second);
  demandTime(running);
  running.observe({
    kind: 'schedule-beside',
    case: id,
    step,
    while: 'stopping',
    became: readiness.kind === 'ready' ? 'ready' : exit === undefined ? 'stayed' : 'ended',
    ...(exit === undefined ? {} : { exit: { code: exit.code, signal: exit.signal } }),
  });
  await end();
}

async function startSecond({ lane, number: id, step, observe, lives }: RunningCase): Promise<Instance> {
  const second = await lane.second().start({ portProved: true });
  lives.push(second);
  observe({ kind: 'schedule-started', case: id, step, pid: second.pid, beside: true });
  return second;
}

async function endAll(supervisor: Supervisor, life: Instance): Promise<void> {
  const left = await supervisor.endSurvivors();
  await life.exited(deadlineIn(GONE_WITHIN_MS, 'an ended life to be gone'));
  if (left.length > 0) throw new Error(`could not end ${left.map(({ pid }) => `pid ${pid}`).join(', ')}`);
}
