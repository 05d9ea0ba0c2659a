/** What is open more between two looks at one life. Pure; used by `nothing-left-open` and by the wait for quiet. */
import type { Limits } from '../../harness/config.ts';
import type { InsideLook, OpenThing } from '../../harness/observations/inside.ts';

export type GrowthLimits = Pick<Limits, 'openGrowth' | 'longTimerMs'>;

export interface InsideGrown {
  noun: string;
  more: number;
  /** The line that has most of them more. */
  where: OpenThing;
}

/** Kind by kind: one that shrank does not make up for one that grew. */
export function insideGrowth(before: InsideLook, after: InsideLook, limits: GrowthLimits): InsideGrown[] {
  const counted = (look: InsideLook): OpenThing[] => look.open.filter((each) => isCounted(each, limits));
  const nouns = new Set(counted(after).map(({ noun }) => noun));
  const grown = [...nouns].flatMap((noun): InsideGrown[] => {
    const of = (look: InsideLook): OpenThing[] => counted(look).filter((each) => each.noun === noun);
    const sum = (look: InsideLook): number => of(look).reduce((total, { count }) => total + count, 0);
    const more = sum(after) - sum(before);
    if (more <= limits.openGrowth) return [];
    const countBefore = (thing: OpenThing): number =>
      of(before).find(({ at }) => at?.file === thing.at?.file && at?.line === thing.at?.line)?.count ?? 0;
    const where = of(after).toSorted((a, b) => b.count - countBefore(b) - (a.count - countBefore(a)))[0];
    return where === undefined ? [] : [{ noun, more, where }];
  });
  const listeners = after.listeners - before.listeners;
  if (listeners <= limits.openGrowth) return grown;
  return [...grown, { noun: 'listeners on process', more: listeners, where: LISTENERS }];
}

const LISTENERS: OpenThing = {
  kind: 'observer',
  noun: 'listener on process',
  count: 1,
  holds: false,
  endsWithProcess: true,
  pooled: false,
  detail: 'added for each request',
  hint: 'add it once at start, or take it off with process.off(event, handler)',
  rule: 'resource-released',
  stack: [],
};

/** Pools breathe, and files are counted from outside; a timer that is soon due ends by itself. */
function isCounted({ pooled, kind, noun, dueInMs, at, via }: OpenThing, limits: GrowthLimits): boolean {
  if (pooled || kind === 'file') return false;
  // Whose connection it is that nobody opened here: a client's, and counted from outside.
  if (at === undefined && via === undefined && noun === 'tcp connection') return false;
  return dueInMs === undefined || dueInMs >= limits.longTimerMs;
}
