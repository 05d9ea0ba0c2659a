/** What comes after a call in its function. Used by the questions about exits and about stops that nobody awaits. */
import { functionKey, type FunctionRef, type Graph, type Site, type Step } from '../graph/graph.ts';
import { eachStep, innerSteps } from '../graph/steps.ts';
import { lifecycleOf } from './lifecycle.ts';

/** The steps that come after a call in its function; a loop comes round again. */
export function stepsAfter(graph: Graph, steps: readonly Step[], site: Site): Step[] | undefined {
  for (const [index, step] of steps.entries()) {
    const rest = steps.slice(index + 1);
    if ((step.s === 'call' || step.s === 'group') && graph.site(step.call) === site) return rest;
    for (const inner of innerSteps(step)) {
      const found = stepsAfter(graph, inner, site);
      if (found) return [...found, ...(step.s === 'loop' ? step.body : []), ...rest];
    }
  }
  return undefined;
}

/** The first release among steps that are not left before. */
export function firstSurely(graph: Graph, steps: readonly Step[]): Site | undefined {
  for (const step of steps) {
    if (step.s === 'return' || step.s === 'throw' || step.s === 'jump') return undefined;
    for (const each of eachStep([step])) {
      const site = each.s === 'call' ? graph.site(each.call) : undefined;
      if (site && lifecycleOf(graph).releases(site)) return site;
    }
  }
  return undefined;
}

/** What the callers on the shutdown path release after this function is done. */
export function releaseInCallers(graph: Graph, ref: FunctionRef, seen: Set<string>): Site | undefined {
  if (seen.has(functionKey(ref))) return undefined;
  seen.add(functionKey(ref));
  for (const edge of graph.edgesTo(ref)) {
    if (!['call', 'map', 'each'].includes(edge.kind) || !graph.shutdown.has(functionKey(edge.from))) continue;
    const site = graph.program.sites[edge.site];
    if (!site) continue;
    const rest = stepsAfter(graph, graph.steps(edge.from), site);
    const next = rest && firstSurely(graph, rest);
    if (next) return next;
    const further = rest && releaseInCallers(graph, edge.from, seen);
    if (further) return further;
  }
  return undefined;
}
