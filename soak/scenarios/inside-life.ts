/** Steps of a life that is looked into by the probe: at the points where it is sampled, and at its end. */
import { deadlineIn, poll } from '../../harness/deadline.ts';
import type { InsideLook } from '../../harness/observations/inside.ts';
import type { Reading } from '../../harness/observation.ts';
import { insideGrowth } from '../inside/growth.ts';
import type { InsideLife, Life } from './one-life.ts';
import type { ScenarioContext } from './scenario.ts';

const ANSWER_WITHIN_MS = 3_000;
/** What is waited for before a second look counts: what is soon over does not. */
const QUIET = { openGrowth: 0, longTimerMs: 60_000 };
const PACE = { firstMs: 5, maxMs: 50 };

/** Looks, and writes down what was seen; nothing where lives are not looked into. */
export async function lookInside(
  context: ScenarioContext,
  { cycle, inside }: Life,
  point: 'ready' | 'quiet' | 'overdue',
): Promise<void> {
  if (inside === undefined) return;
  const { signal, recorder } = context;
  const look =
    point === 'quiet' ? await quietLook(context, inside) : await inside.probe.look(ANSWER_WITHIN_MS, signal);
  if (point === 'ready' && look.readable) inside.ready = look.value;
  recorder.observe({ kind: 'inside-look', cycle, point, look });
}

/** A look at which nothing more is open than at `ready`, or the last one in the time that it has to come to rest. */
async function quietLook(
  { settleWithinMs, signal }: ScenarioContext,
  { probe, ready }: InsideLife,
): Promise<Reading<InsideLook>> {
  let last: Reading<InsideLook> = { readable: false, reason: 'it was not looked at' };
  let latest: InsideLook['loop'];
  const isQuiet = async (): Promise<true | undefined> => {
    last = await probe.look(ANSWER_WITHIN_MS, signal);
    if (!last.readable) return true;
    // Each look begins a new count.
    latest = later(latest, last.value.loop);
    return ready === undefined || insideGrowth(ready, last.value, QUIET).length === 0 ? true : undefined;
  };
  await poll(isQuiet, deadlineIn(settleWithinMs, 'everything that was opened to be closed'), PACE, signal);
  // Assigned in the poll.
  const seen = last as Reading<InsideLook>;
  if (!seen.readable || latest === undefined) return seen;
  return { readable: true, value: { ...seen.value, loop: latest } };
}

function later(one: InsideLook['loop'], other: InsideLook['loop']): InsideLook['loop'] {
  if (one === undefined || other === undefined) return one ?? other;
  return { maxMs: Math.max(one.maxMs, other.maxMs), starvedMs: Math.max(one.starvedMs, other.starvedMs) };
}

/** After the exit, or after whatever became of the life: what the process said of its end, and all that it heard. */
export async function endInside(
  { recorder }: ScenarioContext,
  { cycle, inside, instance }: Life,
): Promise<void> {
  if (inside === undefined) return;
  const { probe } = inside;
  try {
    if (instance.exit() !== undefined)
      recorder.observe({ kind: 'inside-look', cycle, point: 'end', look: probe.lastLook() });
    recorder.observe({ kind: 'inside-heard', cycle, ...probe.heard() });
  } finally {
    await probe.close();
  }
}
