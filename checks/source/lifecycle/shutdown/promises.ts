/** The promises that a step waits for, by the calls that gave them. Used by the sequence. */
import type { Value } from '../../facts/model.ts';
import type { FunctionRef, Graph, Step } from '../../graph/graph.ts';

const NONE: ReadonlySet<number> = new Set();
const WAITING: ReadonlySet<string> = new Set(['awaited', 'returned', 'chained']);

export function promisesIn(graph: Graph, step: Step, ref: FunctionRef): ReadonlySet<number> {
  if (step.s === 'wait') return new Set(sitesAt(graph, step.value, ref));
  if ((step.s !== 'group' && step.s !== 'call') || !WAITING.has(step.taken)) return NONE;
  const given = step.call.a.flatMap((each) => inList(graph, each, ref));
  // `.then` and its like wait for what is in front of them.
  const { f } = step.call;
  return new Set([...given, ...(f.k === 'member' ? sitesAt(graph, f.o, ref) : [])]);
}

const sitesAt = (graph: Graph, value: Value, ref: FunctionRef): number[] =>
  graph.valueThings(value, ref).flatMap((each) => (each.t === 'promise' ? [each.site] : []));

/** A promise that is given, or those in a list that is given. */
function inList(graph: Graph, value: Value, ref: FunctionRef): number[] {
  const { flow } = graph.program;
  const things = graph.valueThings(value, ref);
  const elements = things.flatMap((each) =>
    each.t === 'array' ? graph.things(flow.field(flow.intern(each), '*')) : [],
  );
  return [...things, ...elements].flatMap((each) => (each.t === 'promise' ? [each.site] : []));
}
