/** Timeouts that arm themselves again after a wait, past the clearTimeout of the shutdown. Used by no-revival. */
import { functionKey, type Graph, type Resource, type Site } from '../../graph/graph.ts';
import { waysTo } from './ways.ts';

export interface Rearming {
  timer: Resource;
  /** The timer can be armed when the shutdown has cleared it already. */
  late: boolean;
  /** Where the shutdown clears it. */
  cleared: Site;
}

export function rearmingTimers(graph: Graph): Rearming[] {
  return graph.resources.flatMap((timer): Rearming[] => {
    if (!timer.row.onlyWhenRearmed) return [];
    // One that nothing clears is told by resource-released.
    const cleared = timer.releases.find((each) => graph.shutdown.has(functionKey(each)));
    if (!cleared) return [];
    const callbacks = graph.edgesOf(timer.site).map((each) => each.to);
    const ways = callbacks.flatMap((each) => waysTo(graph, each, [timer.site], { once: false }));
    return [{ timer, cleared, late: ways.some(({ passed }) => passed.waited && !passed.checked) }];
  });
}
