/** Whether a call stands in a loop. Used by started-once. */
import type { Graph, Site, Step } from '../../graph/graph.ts';
import { eachStep } from '../../graph/steps.ts';

export function isLoopCall(graph: Graph, site: Site): boolean {
  const inside = (steps: readonly Step[]): boolean =>
    [...eachStep(steps)].some(
      (step) =>
        step.s === 'loop' &&
        [...eachStep(step.body)].some((each) => each.s === 'call' && each.call === site.call),
    );
  return inside(graph.steps(site));
}
