/** Handles that a library releases with itself and that are released once more. Used by ownership-transferred. */
import { functionKey, type Graph, type Resource, type Site } from '../../graph/graph.ts';
import type { ThingId } from '../../graph/flow/things.ts';
import { innerSteps, type Step } from '../../graph/steps.ts';

/** Both are released on the shutdown path, and the second release of such a handle fails unguarded. */
export function releasedTwice(
  graph: Graph,
  resource: Resource,
  owners: ReadonlySet<ThingId>,
): { first: Site; second: Site } | undefined {
  if (resource.row.secondRelease === 'safe') return undefined;
  const onPath = (each: Site): boolean => graph.shutdown.has(functionKey(each));
  const first = graph.resources
    .filter((each) => owners.has(each.id))
    .flatMap((each) => each.releases)
    .find(onPath);
  const second = resource.releases.find((each) => onPath(each) && !isGuarded(graph, each));
  return first && second && first !== second ? { first, second } : undefined;
}

function isGuarded(graph: Graph, site: Site): boolean {
  const inside = (steps: readonly Step[], guarded: boolean): boolean =>
    steps.some((step) => {
      if (step.s === 'call' && step.call === site.call) return guarded;
      if (step.s === 'group') return inside(step.items, guarded || step.how === 'allSettled');
      return innerSteps(step).some((inner, position) =>
        inside(inner, guarded || (step.s === 'guard' && !step.throws && position === 0)),
      );
    });
  return inside(graph.steps(site), false);
}
