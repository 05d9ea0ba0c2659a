/**
 * What a parameter stands for in one run: what the call that led here gave it, and not what all calls give it. So a
 * runner (`safely(name, stop)`) runs one function at a time. Used by the sequence.
 */
import type { Thing } from '../../graph/flow/things.ts';
import type { Value } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';

/** The calls that are under way, by the function that each led to. */
export type Callers = ReadonlyMap<string, Site>;

const MAX_DEPTH = 8;

/** `undefined`: the value does not come from a parameter, or what was given is not known. */
export function actualThings(
  graph: Graph,
  value: Value,
  ref: FunctionRef,
  callers: Callers,
  depth = 0,
): Thing[] | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (value.k === 'member') {
    const owners = actualThings(graph, value.o, ref, callers, depth + 1);
    const { flow } = graph.program;
    const fields = owners?.flatMap((each) =>
      each.t === 'object' || each.t === 'instance' || each.t === 'array'
        ? graph.things(flow.field(flow.intern(each), value.p))
        : each.t === 'resource'
          ? [{ t: 'method', of: flow.intern(each), name: value.p } as const]
          : [],
    );
    return fields?.length ? fields : undefined;
  }
  if (value.k === 'await') return actualThings(graph, value.v, ref, callers, depth + 1);
  if (value.k !== 'ref') return undefined;
  const found = givenTo(graph, value.b, ref, callers);
  if (!found) return undefined;
  const outer = actualThings(graph, found.value, found.site, callers, depth + 1);
  const things = outer ?? graph.valueThings(found.value, found.site);
  return things.length > 0 ? things : undefined;
}

/** The argument that a parameter was given by the call that is under way. */
function givenTo(
  graph: Graph,
  b: number,
  ref: FunctionRef,
  callers: Callers,
): { value: Value; site: Site } | undefined {
  const binding = graph.program.files[ref.file]?.facts.bindings[b];
  if (binding?.kind !== 'parameter') return undefined;
  const owner = { file: ref.file, fn: binding.fn };
  const site = callers.get(functionKey(owner));
  const position = graph.function(owner).params.findIndex((each) => each.b === b && !each.rest);
  const value = position < 0 ? undefined : site?.call.a[position];
  const isPlain = site !== undefined && !site.call.a.some((each) => each.k === 'spread');
  return value && isPlain ? { value, site } : undefined;
}
