/**
 * Responses of undici and of fetch whose body is left unread on some path: the connection stays taken until the garbage
 * collector finds it. Used by response-consumed. What is handed on (to a function, a field, a closure) is the concern of
 * whoever gets it.
 */
import { RESPONSE_GIVERS } from '../../../../harness/resource-catalogue/callback-hosts.ts';
import type { CallValue, FileFacts, Statement, Value } from '../../facts/model.ts';
import { eachStatement, eachValue, innerValues, valuesOf } from '../../facts/walk.ts';
import { factsOf } from '../../graph/flow/program.ts';
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';
import { PLAIN, READS, runBody, type Leak } from './response-paths.ts';

export interface Response {
  site: Site;
  /** Where the body is left: nowhere it is read, or some path ends without; absent when it is read on all paths. */
  left?: 'never' | Leak;
}

/** Every response that live code waits for. */
export function responsesIn(graph: Graph): Response[] {
  return graph.program.sites.flatMap((site): Response[] => {
    if (!graph.live.has(functionKey(site)) || !isRequest(graph, site) || hasNoBody(site.call)) return [];
    const { body } = graph.function(site);
    const statement = [...eachStatement(body)].find((each) =>
      valuesOf(each).some((value) => [...eachValue(value)].includes(site.call)),
    );
    const left = statement && leftIn(graph, site, body, statement);
    return left === undefined ? [] : [{ site, ...(left === 'read' ? {} : { left }) }];
  });
}

function isRequest(graph: Graph, site: Site): boolean {
  const things = graph.things(site.callee);
  return (
    things.length > 0 &&
    things.every((each) => {
      if (each.t === 'external') return RESPONSE_GIVERS.includes(`${each.from} ${each.path}`);
      const of = each.t === 'method' ? graph.program.flow.things[each.of] : undefined;
      return each.t === 'method' && each.name === 'request' && of?.t === 'resource' && of.from === 'undici';
    })
  );
}

/** `{ method: 'HEAD' }`. */
const hasNoBody = (call: CallValue): boolean =>
  call.a.some(
    (each) =>
      each.k === 'object' &&
      each.props.some(([name, value]) => name === 'method' && value.k === 'text' && /^head$/i.test(value.t)),
  );

/** What becomes of the response in the function that asks for it; `undefined`: it is handed on. */
function leftIn(
  graph: Graph,
  site: Site,
  body: readonly Statement[],
  statement: Statement,
): 'read' | 'never' | Leak | undefined {
  const facts = factsOf(graph.program, site.file);
  const chain = chainTo(valuesOf(statement), site.call);
  const outer = [...chain].reverse();
  const [next, after] = outer;
  if (next === undefined) return afterWait(facts, statement, body, site.call);
  if (next.k === 'void') return 'never';
  if (next.k === 'member' && next.p === 'then' && after?.k === 'call') return inThen(graph, site, after);
  if (next.k !== 'await') return undefined;
  const taken = outer[1];
  if (taken === undefined) return afterWait(facts, statement, body, next);
  if (taken.k !== 'member') return undefined;
  return READS.has(taken.p) || taken.p === 'body' ? 'read' : PLAIN.has(taken.p) ? 'never' : undefined;
}

/** The statement is all there is of it: a variable, or nothing. */
function afterWait(
  facts: FileFacts,
  statement: Statement,
  body: readonly Statement[],
  whole: Value,
): 'read' | 'never' | Leak | undefined {
  if (statement.s === 'do') return statement.v === whole && whole.k === 'await' ? 'never' : undefined;
  if (statement.s !== 'let' || statement.v !== whole || whole.k !== 'await') return undefined;
  return runBody(facts, body, statement.b);
}

/** `fetch(url).then((response) => ...)`. */
function inThen(graph: Graph, site: Site, then: CallValue): 'read' | 'never' | Leak | undefined {
  const [callback] = then.a;
  if (callback?.k !== 'fn') return undefined;
  const ref: FunctionRef = { file: site.file, fn: callback.id };
  const [parameter] = graph.function(ref).params;
  if (!parameter) return 'never';
  return runBody(factsOf(graph.program, site.file), graph.function(ref).body, parameter.b, true);
}

/** The values around a value, from the outside in. */
function chainTo(values: readonly Value[], wanted: Value): Value[] {
  for (const each of values) {
    if (each === wanted) return [];
    if ([...eachValue(each)].includes(wanted)) return [each, ...chainTo(innerValues(each), wanted)];
  }
  return [];
}
