/** What the handlers of the `exit` event do that cannot finish any more, and which callbacks are told of a failure. Used by exit-after-release. */
import type { FunctionRef, Graph, Site, Step } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { eachStep } from '../../graph/steps.ts';

export interface ExitHandler {
  /** Where it is registered. */
  site: Site;
  handler: FunctionRef;
  /** The first call in it that is not done when the handler returns. */
  work: Site | undefined;
}

const DEPTH = 4;

export function exitHandlerWork(graph: Graph): ExitHandler[] {
  return graph.signals.flatMap((registration): ExitHandler[] => {
    const site = graph.program.sites[registration.site];
    if (!site || registration.helper !== undefined || !registration.events.has('exit')) return [];
    // A handler of many events at once is judged as that of a signal.
    if (registration.events.size > 1) return [];
    return [...registration.handlers].flatMap((id): ExitHandler[] => {
      const thing = graph.program.flow.things[id];
      if (thing?.t !== 'function') return [];
      const handler = { file: thing.file, fn: thing.fn };
      return [{ site, handler, work: unfinished(graph, handler, 0) }];
    });
  });
}

/** A call that takes time: a release with a promise or a callback, or anything that is awaited. */
function unfinished(graph: Graph, ref: FunctionRef, depth: number): Site | undefined {
  if (depth > DEPTH) return undefined;
  for (const step of eachStep(graph.steps(ref))) {
    const site = step.s === 'call' || step.s === 'group' ? graph.site(step.call) : undefined;
    if (!site) continue;
    if (takesTime(graph, site, step)) return site;
    for (const edge of graph.edgesOf(site)) {
      const inner =
        edge.kind === 'call' || edge.kind === 'each' ? unfinished(graph, edge.to, depth + 1) : undefined;
      if (inner) return inner;
    }
  }
  return undefined;
}

function takesTime(graph: Graph, site: Site, step: Step): boolean {
  const released = graph.program.releases.filter((each) => each.site === site.id && !each.sync);
  const slow = released.some((each) => {
    const thing = graph.program.flow.things[each.resource];
    return thing?.t === 'resource' && thing.row.releaseReturns !== 'sync';
  });
  const awaited = 'taken' in step && step.taken === 'awaited' && graph.edgesOf(site).length === 0;
  return slow || (awaited && !isSettledAtOnce(graph, site));
}

const isSettledAtOnce = (graph: Graph, site: Site): boolean =>
  lifecycleOf(graph).releases(site) && !lifecycleOf(graph).givesPromise(site);
