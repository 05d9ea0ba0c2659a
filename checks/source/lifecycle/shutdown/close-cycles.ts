/** A close that waits for itself: a hook of it, or what that calls, waits for the same close. Asked by drains-first. */
import type { EdgeKind } from '../../graph/flow/program.ts';
import type { FunctionRef, Graph, Resource, Site } from '../../graph/graph.ts';
import { isCall, type CallMoment } from './moment.ts';
import { sequenceOf } from './sequence.ts';

export interface HookedClose {
  close: Site;
  resource: Resource;
  /** Where the hook waits for the same close. */
  again?: CallMoment;
}

const HOOK: EdgeKind = 'call';

/** The closes that run hooks of the project. */
export function hookedCloses(graph: Graph): HookedClose[] {
  return graph.resources
    .filter((each) => each.row.hooks !== undefined)
    .flatMap((resource) =>
      resource.releases.flatMap((close): HookedClose[] => {
        const hooks = graph.edgesOf(close).filter((each) => each.kind === HOOK);
        if (hooks.length === 0) return [];
        const again = hooks.flatMap((each) => closesAgain(graph, each.to, resource))[0];
        return [{ close, resource, ...(again ? { again } : {}) }];
      }),
    );
}

/** Waits for the close whatever a condition says: what a condition guards may be left out the second time. */
function closesAgain(graph: Graph, hook: FunctionRef, resource: Resource): CallMoment[] {
  return sequenceOf(graph, hook)
    .filter(isCall)
    .filter(
      (each) =>
        each.released.includes(resource) &&
        each.turns.every((turn) => turn.waited && turn.how === 'series') &&
        ['awaited', 'returned', 'chained'].includes('taken' in each.step ? each.step.taken : ''),
    );
}
