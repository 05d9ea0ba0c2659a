/** The service stands still for a while, as on a machine that is moved or swaps. Called by `step-runners.ts`. */
import { deadlineIn, poll } from '../../harness/deadline.ts';
import { readStat } from '../../harness/supervisors/proc.ts';
import { tell } from './case-endings.ts';
import { demandTime, type CaseLife, type RunningCase } from './run-case.ts';

const STANDS_WITHIN_MS = 1_000;
/** What is late after a standstill comes within this. */
const LATE_MS = 200;
const PACE = { firstMs: 1, maxMs: 10 };

/** Stands still for so long, and goes on. */
export async function freeze(running: RunningCase, life: CaseLife, forMs: number): Promise<void> {
  await standStill(running, life, forMs);
  await life.instance.exited(deadlineIn(LATE_MS, 'what is late after a standstill'), running.signal);
}

/** Told to stop meanwhile, it hears of it when it goes on: only from then on is the time its own. */
export async function freezeAndStop(running: RunningCase, life: CaseLife, forMs: number): Promise<void> {
  await standStill(running, life, forMs, () => tell(running, life, running.lane.service.stopSignal));
  life.toldAtMs = performance.now();
}

async function standStill(
  running: RunningCase,
  life: CaseLife,
  forMs: number,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { number, step, signal, observe } = running;
  const { instance } = life;
  demandTime(running);
  await instance.signal('SIGSTOP');
  try {
    const stands = (): true | undefined => (readStat(instance.pid)?.state === 'T' ? true : undefined);
    const waited = await poll(
      () => Promise.resolve(stands() ?? (instance.exit() === undefined ? undefined : 'gone')),
      deadlineIn(STANDS_WITHIN_MS, 'the process to stand still'),
      PACE,
      signal,
    );
    demandTime(running);
    if (!waited.met) throw new Error(waited.reason);
    if (waited.value === 'gone') return;
    await meanwhile();
    await instance.exited(deadlineIn(forMs, 'the end of the standstill'), signal);
    observe({ kind: 'schedule-frozen', case: number, step, forMs });
  } finally {
    await instance.signal('SIGCONT');
  }
}
