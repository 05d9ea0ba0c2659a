/**
 * Whether a handler of failures does no more than tell of them: it logs, and whoever comes after it goes on as if nothing
 * had happened. Used by the rules about failing starts.
 */
import { eachStatement, eachValue, valuesOf } from '../../facts/walk.ts';
import type { CallValue, Statement, Value } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph } from '../../graph/graph.ts';
import type { Thing } from '../../graph/flow/things.ts';

/** Methods that write what they are given somewhere, whatever the logger. */
const LOGS =
  /^(error|warn|warning|info|debug|log|fatal|trace|verbose|silly|notice|critical|alert|emerg|exception|captureException|captureMessage|recordException|dir|table|write)$/;
/** Functions of the platform that give a value and do nothing else. */
const PLAIN =
  /^(console\.\w+|String|Number|Boolean|BigInt|Array|Object|Error|\w+Error|Date|Promise\.resolve|(JSON|Object|Number|Array|Error|Math|Date)\.\w+|process\.(stdout|stderr)\.write|process\.(uptime|hrtime|memoryUsage|cwd))$/;
const DEPTH = 4;

/** Stores that count as telling: to `process.exitCode`, for one. */
type Allowed = (target: Value) => boolean;

const NOTHING: Allowed = () => false;

interface Telling {
  graph: Graph;
  seen: Set<string>;
  allowed: Allowed;
}

/** What is given to `.catch`, to `.on('error')` and the like. */
export function handlerOnlyTells(
  graph: Graph,
  ref: FunctionRef,
  handler: Value,
  allowed: Allowed = NOTHING,
): boolean {
  if (handler.k === 'member' && LOGS.test(handler.p) && !isProject(graph, handler, ref)) return true;
  const things = graph.valueThings(handler, ref);
  return (
    things.length > 0 &&
    things.every(
      (each) => each.t === 'function' && functionOnlyTells({ graph, seen: new Set(), allowed }, each),
    )
  );
}

const isProject = (graph: Graph, value: Value, ref: FunctionRef): boolean =>
  graph.valueThings(value, ref).some((each) => each.t === 'function');

function functionOnlyTells(telling: Telling, ref: FunctionRef): boolean {
  const { graph, seen } = telling;
  if (seen.has(functionKey(ref))) return true;
  if (seen.size > DEPTH) return false;
  seen.add(functionKey(ref));
  return onlyTell(telling, ref, graph.function(ref).body);
}

/** Nothing is thrown, returned with a meaning, set for others to see, or called besides what tells. */
export function statementsOnlyTell(
  graph: Graph,
  ref: FunctionRef,
  statements: readonly Statement[],
  allowed: Allowed = NOTHING,
): boolean {
  return onlyTell({ graph, seen: new Set(), allowed }, ref, statements);
}

function onlyTell(telling: Telling, ref: FunctionRef, statements: readonly Statement[]): boolean {
  for (const statement of eachStatement(statements)) {
    if (statement.s === 'throw' || statement.s === 'jump') return false;
    if (statement.s === 'return' && !isNoAnswer(statement.v)) return false;
    for (const value of valuesOf(statement))
      for (const each of eachValue(value)) {
        if (each.k === 'assign' && !isLocal(telling.graph, ref, each.t) && !telling.allowed(each.t))
          return false;
        if (each.k === 'call' && !callTells(telling, each)) return false;
      }
  }
  return true;
}

/** Nothing, or what a call gives that tells: the body of an arrow. */
const isNoAnswer = (value: Value): boolean =>
  value.k === 'none' || value.k === 'call' || value.k === 'void' || value.k === 'assign';

function isLocal(graph: Graph, ref: FunctionRef, target: Value): boolean {
  if (target.k !== 'ref') return false;
  return graph.program.files[ref.file]?.facts.bindings[target.b]?.fn === ref.fn && ref.fn !== 0;
}

function callTells(telling: Telling, call: CallValue): boolean {
  const { graph } = telling;
  const site = graph.site(call);
  if (!site) return false;
  const targets = graph.edgesOf(site);
  if (targets.some((each) => each.kind !== 'call')) return false;
  if (targets.length > 0) return targets.every((each) => functionOnlyTells(telling, each.to));
  const things = graph.things(site.callee);
  if (things.some((each) => each.t === 'external' && each.from === 'global'))
    return things.every((each) => each.t === 'external' && each.from === 'global' && PLAIN.test(each.path));
  return call.f.k === 'member' && LOGS.test(call.f.p) && things.every(isForeign);
}

/** Of another package, or a method of what one gave: `app.log.error`. */
const isForeign = (each: Thing): boolean => each.t === 'external' || each.t === 'method';

/** The first argument of a call is text, or the value that it is a constant of. */
export const textArgument = (call: CallValue): string | undefined => {
  const [first] = call.a;
  return first?.k === 'text' ? first.t : undefined;
};
