/** The order in which the start of a program does things. Used by signal-handled and lost-start.ts. */
import { loadedModules } from '../../graph/reach.ts';
import { functionKey, type FunctionRef, type Graph, type Site, type Step } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { innerSteps } from '../../graph/steps.ts';

export interface StartOrder {
  /** Registrations in the order in which the start comes to them, with the awaited start before them, if any. */
  registrations: { site: Site; after: Site | undefined }[];
}

/** Steps that are followed; a program whose start is longer is judged by what was seen until then. */
const STEP_BUDGET = 50_000;

const made = new WeakMap<Graph, StartOrder>();

export function startOrder(graph: Graph): StartOrder {
  const known = made.get(graph) ?? findOrder(graph);
  made.set(graph, known);
  return known;
}

function findOrder(graph: Graph): StartOrder {
  const lifecycle = lifecycleOf(graph);
  const registrations: StartOrder['registrations'] = [];
  const seen = new Set<number>();
  const running = new Set<string>();
  let awaited: Site | undefined;
  let steps = 0;

  const run = (ref: FunctionRef): void => {
    const key = functionKey(ref);
    if (running.has(key)) return;
    running.add(key);
    follow(graph.steps(ref));
    running.delete(key);
  };

  const follow = (list: readonly Step[]): void => {
    for (const step of list) {
      steps += 1;
      if (steps > STEP_BUDGET) return;
      if (step.s === 'call') call(step);
      else {
        innerSteps(step).forEach(follow);
        if (step.s === 'group' && step.taken === 'awaited') awaited ??= opener(graph, step.items);
      }
    }
  };

  const call = (step: Step & { s: 'call' }): void => {
    const site = graph.site(step.call);
    if (!site) return;
    if (graph.program.registrations.has(site.id) && !seen.has(site.id)) {
      seen.add(site.id);
      registrations.push({ site, after: awaited });
    }
    const before = awaited;
    for (const edge of graph.edgesOf(site))
      if (['call', 'map', 'each', 'executor', 'then'].includes(edge.kind)) run(edge.to);
    const waits = step.taken === 'awaited' || step.taken === 'returned';
    // What an async callee awaits does not hold up a caller that does not wait for it.
    if (!waits && lifecycle.givesPromise(site)) awaited = before;
    if (step.taken === 'awaited' && lifecycle.opens(site)) awaited ??= site;
  };

  for (const file of loadedModules(graph.program, graph.entries)) run({ file, fn: 0 });
  return { registrations };
}

/** The first call among the parts of a `Promise.all` that opens something. */
function opener(graph: Graph, items: readonly Step[]): Site | undefined {
  return items
    .flatMap((each) => (each.s === 'call' ? (graph.site(each.call) ?? []) : []))
    .find((each) => lifecycleOf(graph).opens(each));
}
