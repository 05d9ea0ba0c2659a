/** Whether the results of a `Promise.allSettled` are looked at. Used by shutdown-error-logged. */
import { eachStatement, eachValueIn, innerValues, valuesOf } from '../../facts/walk.ts';
import type { Statement, Value } from '../../facts/model.ts';
import type { FunctionRef, Graph, Site } from '../../graph/graph.ts';

const DEPTH = 4;

/** Somebody takes the value that the call gives: here, in a `.then` with a parameter, or in a caller. */
export function settledResultIsRead(graph: Graph, site: Site): boolean {
  return isRead(graph, site, site.call, 0);
}

function isRead(graph: Graph, ref: FunctionRef, call: Value, depth: number): boolean {
  const fn = graph.function(ref);
  for (const statement of eachStatement(fn.body))
    for (const value of valuesOf(statement)) {
      const use = useOf(graph, ref, value, call);
      if (use === 'read') return true;
      if (use !== 'result') continue;
      if (statement.s === 'do') return false;
      if (statement.s === 'let') return isBindingRead(graph, ref, statement);
      if (statement.s === 'return') return depth < DEPTH && callersRead(graph, ref, depth);
      return true;
    }
  return true;
}

/** `result`: what the expression gives is what the call gives; `read`: something inside takes it. */
function useOf(graph: Graph, ref: FunctionRef, value: Value, call: Value): 'result' | 'read' | undefined {
  if (value === call) return 'result';
  if (value.k === 'await' || value.k === 'void') return useOf(graph, ref, value.v, call);
  if (value.k === 'choice') return first(value.vs.map((each) => useOf(graph, ref, each, call)));
  if (value.k === 'call' && value.f.k === 'member') {
    const { o, p } = value.f;
    const inner = p === 'then' || p === 'catch' || p === 'finally' ? useOf(graph, ref, o, call) : undefined;
    if (inner === 'result') return p === 'then' && takesParameter(graph, ref, value.a[0]) ? 'read' : 'result';
    if (inner) return inner;
  }
  const found = innerValues(value).some((each) => useOf(graph, ref, each, call) !== undefined);
  return found ? 'read' : undefined;
}

const first = <T>(all: readonly (T | undefined)[]): T | undefined => all.find((each) => each !== undefined);

function takesParameter(graph: Graph, ref: FunctionRef, callback: Value | undefined): boolean {
  if (!callback) return false;
  const functions = graph.valueThings(callback, ref).filter((each) => each.t === 'function');
  return functions.length === 0 || functions.some((each) => graph.function(each).params.length > 0);
}

function isBindingRead(graph: Graph, ref: FunctionRef, statement: Statement & { s: 'let' }): boolean {
  const functions = graph.program.files[ref.file]?.facts.functions ?? [];
  return functions.some((fn) => {
    for (const value of eachValueIn(fn.body)) if (value.k === 'ref' && value.b === statement.b) return true;
    return false;
  });
}

function callersRead(graph: Graph, ref: FunctionRef, depth: number): boolean {
  const edges = graph.edgesTo(ref);
  return edges.some((edge) => {
    // A handler, a timer or a `.then` without a parameter drops it; what a library does is not known.
    if (edge.kind === 'host') return true;
    if (edge.kind !== 'call') return false;
    const site = graph.program.sites[edge.site];
    return site !== undefined && isRead(graph, site, site.call, depth + 1);
  });
}
