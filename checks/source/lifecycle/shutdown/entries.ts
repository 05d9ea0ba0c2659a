/** Steps as they follow each other: what belongs to one promise chain is one entry. Used by the sequence. */
import type { CallValue } from '../../facts/model.ts';
import type { Graph, Site, Step } from '../../graph/graph.ts';
import { eachStep } from '../../graph/steps.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { givesPromise } from '../releases/waiting.ts';

export interface Entry {
  steps: Step[];
  /** What comes later comes when this is done. */
  waited: boolean;
  /** The call whose promise is left alone. */
  promise?: number;
  /** The last call of all. */
  ends?: number;
}

/** `used`: promises that are made here are collected by something that waits for them (`Promise.all([...])`). */
export function entriesOf(graph: Graph, steps: readonly Step[], used: boolean): Entry[] {
  const known = made.get(steps);
  if (known && known.used === used) return known.entries;
  const entries = collect(graph, steps, used);
  made.set(steps, { used, entries });
  return entries;
}

/** Functions are run at many places; their steps stay the same. */
const made = new WeakMap<readonly Step[], { used: boolean; entries: Entry[] }>();

function collect(graph: Graph, steps: readonly Step[], used: boolean): Entry[] {
  const groups: Step[][] = [];
  for (const step of steps) {
    const from =
      step.s === 'call' || step.s === 'group'
        ? groups.findIndex((each) => each.some((one) => isInside(one, step.call)))
        : -1;
    if (from >= 0) groups.push([...groups.splice(from).flat(), step]);
    else groups.push([step]);
  }
  return groups.map((each) => {
    const last = each.at(-1);
    const promise = last && leftAlone(graph, last, used);
    const ends = last && (last.s === 'call' || last.s === 'group') ? graph.site(last.call)?.id : undefined;
    return {
      steps: each,
      waited: promise === undefined,
      ...(promise === undefined ? {} : { promise }),
      ...(ends === undefined ? {} : { ends }),
    };
  });
}

/** A call among the steps is an operand of the call: in front of its `.then`, or given to it. */
function isInside(step: Step, { start, end }: CallValue): boolean {
  for (const each of eachStep([step]))
    if (
      (each.s === 'call' || each.s === 'group') &&
      each.call.start >= start &&
      each.call.end <= end &&
      each.call.end - each.call.start < end - start
    )
      return true;
  return false;
}

/** The site of a call that gives a promise, or a release that calls back, which nothing waits for where it stands. */
function leftAlone(graph: Graph, step: Step, used: boolean): number | undefined {
  if (step.s !== 'call' && step.s !== 'group') return undefined;
  // Of a chain, the last call tells.
  if (step.taken === 'chained') return undefined;
  if (step.taken === 'awaited' || step.taken === 'returned' || (used && step.taken === 'used'))
    return undefined;
  const site = graph.site(step.call);
  if (!site) return undefined;
  const isAsync =
    step.s === 'group' ||
    lifecycleOf(graph).givesPromise(site) ||
    callsBack(graph, site) ||
    graph
      .edgesOf(site)
      .some((each) => (each.kind === 'map' || each.kind === 'each') && givesPromise(graph, each.to));
  return isAsync ? site.id : undefined;
}

/** A release that is done when its callback or an event says so. */
const callsBack = (graph: Graph, site: Site): boolean =>
  graph.program.releases.some((each) => {
    if (each.site !== site.id || each.sync) return false;
    const thing = graph.program.flow.things[each.resource];
    return thing?.t === 'resource' && thing.row.releaseReturns === 'callback';
  });
