/**
 * Moves the moment of a signal to the middle of where the failure shows. A random moment can lie at the very edge: then the
 * schedule fails today and is no regression case tomorrow. Knows nothing of services; called by `explore.ts`.
 */
import type { Step } from '../../harness/observations/explore.ts';
import type { Attempt, Shrunk } from './shrink.ts';

/** How far away the failure is looked for, in percent of a start or stop, on either side. */
const REACH = [10, 20, 30] as const;

/** `over` is asked before every run, as in `shrinkSchedule`. */
export async function centreMoments(
  first: readonly Step[],
  attempt: Attempt,
  over: () => boolean,
): Promise<Shrunk> {
  let steps = [...first];
  for (const [index, step] of first.entries()) {
    const percent = momentOf(step);
    if (percent === undefined) continue;
    const fails = async (at: number): Promise<boolean> =>
      (await attempt(steps.with(index, withMoment(step, at))))?.length === steps.length;
    const edges = [percent, percent];
    for (const [side, direction] of [-1, 1].entries()) {
      for (const distance of REACH) {
        const at = percent + direction * distance;
        if (at < 0) break;
        if (over()) return { steps, complete: false };
        if (!(await fails(at))) break;
        edges[side] = at;
      }
    }
    const [low = percent, high = percent] = edges;
    steps = steps.with(index, withMoment(step, Math.round((low + high) / 2)));
  }
  return { steps, complete: true };
}

function momentOf(step: Step): number | undefined {
  if ('atPercent' in step) return step.atPercent;
  return 'gapPercent' in step ? step.gapPercent : undefined;
}

function withMoment(step: Step, percent: number): Step {
  return 'atPercent' in step ? { ...step, atPercent: percent } : ({ ...step, gapPercent: percent } as Step);
}
