/** Async functions that are handed to what ignores the promise they give. Used by start-awaited. */
import type { FunctionRef, Graph, Site } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import type { Failing } from '../releases/failing.ts';

/** The async callback of a listen or a forEach that starts something and can fail: nobody hears of its rejection. */
export function droppedCallback(graph: Graph, failing: Failing, site: Site): FunctionRef | undefined {
  const isListen = site.call.f.k === 'member' && site.call.f.p === 'listen';
  return graph
    .edgesOf(site)
    .filter((each) => each.kind === 'listen' || each.kind === 'each' || (each.kind === 'drop' && isListen))
    .map((each) => each.to)
    .find((to) => graph.function(to).isAsync && failing.function(to) && startsAndWaits(graph, to));
}

/** It waits for what it starts: what it drops itself is a finding of its own. */
function startsAndWaits(graph: Graph, ref: FunctionRef): boolean {
  const lifecycle = lifecycleOf(graph);
  const starts = lifecycle
    .sitesIn(ref)
    .filter((each) => lifecycle.opens(each) && lifecycle.givesPromise(each));
  return (
    starts.length > 0 && starts.every((each) => [...lifecycle.fates(each)].some((fate) => fate !== 'dropped'))
  );
}
