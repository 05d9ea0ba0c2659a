/**
 * Whether a handler of failures does no more than tell of them: it logs, and whoever comes after it goes on as if nothing
 * had happened. Used by the rules about failing starts.
 */
import { eachStatement, eachValue, eachValueIn, valuesOf } from '../../facts/walk.ts';
import type { CallValue, Statement, Value } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph } from '../../graph/graph.ts';

/** Methods that write what they are given somewhere, whatever the logger. */
const LOGS =
  /^(error|warn|warning|info|debug|log|fatal|trace|verbose|silly|notice|critical|alert|emerg|exception|captureException|captureMessage|recordException|dir|table|write)$/;
/** Functions of the platform that give a value and do nothing else. */
const PLAIN =
  /^(console\.\w+|String|Number|Boolean|BigInt|Array|Object|Error|\w+Error|Date|Promise\.resolve|(JSON|Object|Number|Array|Error|Math|Date)\.\w+|process\.(stdout|stderr)\.write|process\.(uptime|hrtime|memoryUsage|cwd))$/;
const DEPTH = 4;

/** What is given to `.catch`, to `.on('error')` and the like. */
export function handlerOnlyTells(graph: Graph, ref: FunctionRef, handler: Value): boolean {
  if (handler.k === 'member' && LOGS.test(handler.p) && !isProject(graph, handler, ref)) return true;
  const things = graph.valueThings(handler, ref);
  return (
    things.length > 0 &&
    things.every((each) => each.t === 'function' && functionOnlyTells(graph, each, new Set()))
  );
}

const isProject = (graph: Graph, value: Value, ref: FunctionRef): boolean =>
  graph.valueThings(value, ref).some((each) => each.t === 'function');

export function functionOnlyTells(graph: Graph, ref: FunctionRef, seen: Set<string>): boolean {
  if (seen.has(functionKey(ref))) return true;
  if (seen.size > DEPTH) return false;
  seen.add(functionKey(ref));
  return statementsOnlyTell(graph, ref, graph.function(ref).body, seen);
}

/** Nothing is thrown, returned with a meaning, set for others to see, or called besides what tells. */
export function statementsOnlyTell(
  graph: Graph,
  ref: FunctionRef,
  statements: readonly Statement[],
  seen: Set<string> = new Set(),
): boolean {
  for (const statement of eachStatement(statements)) {
    if (statement.s === 'throw' || statement.s === 'jump') return false;
    if (statement.s === 'return' && statement.v.k !== 'none' && !isTelling(graph, ref, statement.v, seen))
      return false;
    for (const value of valuesOf(statement))
      for (const each of eachValue(value)) {
        if (each.k === 'assign' && !isLocal(graph, ref, each.t)) return false;
        if (each.k === 'call' && !callTells(graph, ref, each, seen)) return false;
      }
  }
  return true;
}

const isTelling = (graph: Graph, ref: FunctionRef, value: Value, seen: Set<string>): boolean =>
  (value.k === 'call' && callTells(graph, ref, value, seen)) || value.k === 'void';

function isLocal(graph: Graph, ref: FunctionRef, target: Value): boolean {
  if (target.k !== 'ref') return false;
  return graph.program.files[ref.file]?.facts.bindings[target.b]?.fn === ref.fn;
}

function callTells(graph: Graph, ref: FunctionRef, call: CallValue, seen: Set<string>): boolean {
  const site = graph.site(call);
  if (!site) return false;
  const targets = graph.edgesOf(site);
  if (targets.some((each) => each.kind !== 'call')) return false;
  if (targets.length > 0) return targets.every((each) => functionOnlyTells(graph, each.to, seen));
  const things = graph.things(site.callee);
  const isPlatform = things.some((each) => each.t === 'external' && each.from === 'global');
  if (isPlatform)
    return things.every((each) => each.t === 'external' && each.from === 'global' && PLAIN.test(each.path));
  return call.f.k === 'member' && LOGS.test(call.f.p) && things.every((each) => each.t === 'external');
}

/** The first argument of a call is text, or the value that it is a constant of. */
export const textArgument = (call: CallValue): string | undefined => {
  const [first] = call.a;
  return first?.k === 'text' ? first.t : undefined;
};

/** Whether any value among statements is this one. */
export function holdsValue(statements: readonly Statement[], wanted: Value): boolean {
  for (const each of eachValueIn(statements)) if (each === wanted) return true;
  return false;
}
