/** Health routes: which say that the process lives, which that it may have traffic, and what they ask. Used by health-independent. */
import { functionKey, type FunctionRef, type Graph, type Site } from '../graph.ts';
import { lifecycleOf } from '../../lifecycle/lifecycle.ts';
import { closuresOf } from './guard-functions.ts';
import type { Route, RouteTable } from './route-table.ts';

export interface HealthRoute {
  route: Route;
  /** The functions that answer it. */
  handlers: FunctionRef[];
}

/** The words of Kubernetes and of the frameworks' health plugins; `health` alone is used for both and judged as neither. */
const LIVES = /^(ping|live|livez|liveness|alive|healthz\/live|am-?i-?up)$/i;
const READY = /^(ready|readyz|readiness|started|startup)$/i;

const lastWord = (path: string): string => path.split('/').findLast((each) => each !== '') ?? '';

export function healthRoutes(table: RouteTable): { lives: HealthRoute[]; ready: HealthRoute[] } {
  const those = (word: RegExp): HealthRoute[] =>
    table.routes
      .filter((each) => ['GET', 'ALL'].includes(each.method) && word.test(lastWord(each.path)))
      .map((route) => ({ route, handlers: closuresOf(table.run, route.handler) }));
  return { lives: those(LIVES), ready: those(READY) };
}

/** Kinds whose handles lead out of the process. */
const OUTSIDE = new Set(['database', 'cache', 'queue', 'http client', 'exchange', 'client', 'lock']);
const DEPTH = 6;

export interface Dependency {
  /** What the handler calls. */
  site: Site;
  noun: string;
  /** The calls that lead to it, from the handler on. */
  by: Site[];
}

/** The first call, in what a handler runs before it answers, that asks something outside of the process. */
export function dependencyOf(graph: Graph, ref: FunctionRef): Dependency | undefined {
  return search(graph, ref, [], new Set());
}

function search(graph: Graph, ref: FunctionRef, by: Site[], seen: Set<string>): Dependency | undefined {
  if (seen.has(functionKey(ref)) || by.length > DEPTH) return undefined;
  seen.add(functionKey(ref));
  for (const site of lifecycleOf(graph).sitesIn(ref)) {
    const noun = askedAt(graph, site);
    if (noun !== undefined) return { site, noun, by };
    for (const edge of graph.edgesOf(site)) {
      if (!['call', 'map', 'each', 'then', 'executor'].includes(edge.kind)) continue;
      const found = search(graph, edge.to, [...by, site], seen);
      if (found) return found;
    }
  }
  return undefined;
}

/** What a call of a handle, or of `fetch`, asks. */
function askedAt(graph: Graph, site: Site): string | undefined {
  for (const thing of graph.things(site.callee)) {
    if (thing.t === 'external' && thing.from === 'global' && thing.path === 'fetch') return 'another service';
    if (thing.t !== 'method') continue;
    const of = graph.program.flow.things[thing.of];
    if (of?.t === 'resource' && OUTSIDE.has(of.row.kind)) return of.row.noun;
  }
  return undefined;
}
