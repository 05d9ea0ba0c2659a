/** Whether a call is asynchronous, and whether anything goes on as if it were done. Used by stop-awaited. */
import type { CallValue } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph, type Site, type Step } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { eachStep } from '../../graph/steps.ts';
import type { CallEdge } from '../../graph/flow/program.ts';
import { stepsAfter } from '../steps-after.ts';

/** `.then`, `.catch`, `.finally` and `new Promise`: part of the chain around a call, no call of its own. */
export const isChain = (site: Site): boolean =>
  (!site.call.isNew && site.call.f.k === 'member' && ['then', 'catch', 'finally'].includes(site.call.f.p)) ||
  (site.call.f.k === 'global' && site.call.f.name === 'Promise');

/** The call is somewhere in front of `.then` or `.catch`. */
export function isChainedTo(chain: CallValue, call: CallValue): boolean {
  const { f } = chain;
  if (f.k !== 'member' || f.o.k !== 'call') return false;
  return f.o === call || isChainedTo(f.o, call);
}

/** The function gives its caller a promise. */
export function givesPromise(graph: Graph, ref: FunctionRef): boolean {
  if (graph.function(ref).isAsync) return true;
  const returned = graph.program.returns.get(functionKey(ref));
  return returned !== undefined && graph.things(returned).some((each) => each.t === 'promise');
}

/**
 * Nobody goes on as if the stop were done: the call is in a handler (or in what the handler calls without waiting), and
 * no exit follows.
 */
export function isLast(graph: Graph, ref: FunctionRef, rest: readonly Step[], seen: Set<string>): boolean {
  if (seen.has(functionKey(ref))) return true;
  seen.add(functionKey(ref));
  for (const step of eachStep(rest)) {
    const site = step.s === 'call' ? graph.site(step.call) : undefined;
    if (site && (lifecycleOf(graph).exits(site) || exitsLater(graph, site))) return false;
  }
  const edges = graph
    .edgesTo(ref)
    .filter(
      (each) => graph.shutdown.has(functionKey(each.from)) || graph.program.registrations.has(each.site),
    );
  return edges.every(
    (each) =>
      graph.program.registrations.has(each.site) ||
      (!givesPromise(graph, ref) && (each.kind === 'drop' || isLastIn(graph, each, seen))),
  );
}

/** A caller that does not wait, either, and in which the call is the last. */
function isLastIn(graph: Graph, edge: CallEdge, seen: Set<string>): boolean {
  const site = edge.kind === 'call' ? graph.program.sites[edge.site] : undefined;
  const rest = site && stepsAfter(graph, graph.steps(site), site);
  const ends = rest?.every((each) => each.s === 'return') === true;
  return ends && isLast(graph, edge.from, [], seen);
}

/** `setTimeout(() => process.exit(0), 500)`: a fixed delay; a timer that exits with a failure code is a deadline. */
function exitsLater(graph: Graph, site: Site): boolean {
  return graph
    .edgesOf(site)
    .filter((each) => each.kind === 'drop')
    .some((each) =>
      lifecycleOf(graph)
        .sitesIn(each.to)
        .some((inner) => lifecycleOf(graph).exits(inner) && exitsWell(inner)),
    );
}

const exitsWell = (site: Site): boolean => {
  const [code] = site.call.a;
  return code === undefined || (code.k === 'constant' && code.text === '0');
};
