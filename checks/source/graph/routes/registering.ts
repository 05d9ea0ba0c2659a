/** Which functions register routes, or call functions that do: only these are followed call by call. */
import { functionKey, type FunctionRef, type Graph, type Site } from '../graph.ts';
import { isFramework, isMaker } from './frameworks.ts';

const NAMES = new Set(
  (
    'get head post put delete del options patch all use route register addHook decorate on openapi basePath prefix ' +
    'mount after ready'
  ).split(' '),
);

/** Keys of the functions. */
export function registeringFunctions(graph: Graph): Set<string> {
  const found = new Set<string>();
  const queue: FunctionRef[] = [];
  const add = (ref: FunctionRef): void => {
    const key = functionKey(ref);
    if (found.has(key)) return;
    found.add(key);
    queue.push(ref);
  };
  for (const site of graph.program.sites) if (registers(graph, site)) add(site);
  for (let next = queue.pop(); next; next = queue.pop()) {
    for (const edge of graph.edgesTo(next)) add(edge.from);
    // A function in a function: whoever makes it may hand it on.
    const { parent } = graph.function(next);
    if (parent !== undefined) add({ file: next.file, fn: parent });
  }
  return found;
}

/** A call that makes a router, or one on something that may be a router. */
function registers(graph: Graph, site: Site): boolean {
  const { f } = site.call;
  const callees = graph.things(site.callee);
  if (callees.some((each) => each.t === 'external' && isMaker(each.from, each.path))) return true;
  if (f.k !== 'member' || !NAMES.has(f.p) || site.base === undefined) return false;
  const bases = graph.things(site.base);
  if (bases.some((each) => (each.t === 'external' || each.t === 'resource') && isFramework(each.from)))
    return true;
  return bases.length === 0 && givesFunction(graph, site);
}

/** A function, or options that hold one, is among the arguments. */
export function givesFunction(graph: Graph, site: Site): boolean {
  return site.args.some((node) =>
    graph.things(node).some((each) => ['function', 'object', 'external', 'array'].includes(each.t)),
  );
}
