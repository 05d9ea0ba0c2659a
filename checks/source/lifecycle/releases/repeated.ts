/**
 * Code that runs again and again while the service runs: handlers of requests and connections, timers, cron jobs, jobs of
 * a queue, and what they call. Used by listeners.ts.
 */
import type { PathStep } from '../../../../harness/verdict.ts';
import type { EdgeKind } from '../../graph/flow/program.ts';
import { functionKey, type FunctionRef, type Graph, type Resource, type Site } from '../../graph/graph.ts';
import { reach } from '../../graph/reach.ts';
import { isFramework } from '../../graph/routes/frameworks.ts';
import { METHODS } from '../../graph/routes/register.ts';
import { isLatched } from './latched.ts';

export interface Repeated {
  /** Runs each time, as far as no state that stays says otherwise. */
  has(ref: FunctionRef): boolean;
  /** Runs each time, or when something that was begun there goes on or ends: its own close and finish callbacks. */
  follows(ref: FunctionRef): boolean;
  /** From the call that has it run again and again to the function. */
  path(ref: FunctionRef): PathStep[];
}

const EVENTS =
  /^(connection|request|upgrade|stream|session|secureConnection|checkContinue|message|data|completed|failed)$/;
const HOOKS = /^(onRequest|preParsing|preValidation|preHandler|preSerialization|onSend|onResponse|onError)$/;
const RUNS: ReadonlySet<EdgeKind> = new Set<EdgeKind>(['call', 'map', 'each', 'then', 'executor']);
const EVERY: ReadonlySet<string> = new Set(['interval', 'self-arming timeout']);

const made = new WeakMap<Graph, Repeated>();

export function repeatedIn(graph: Graph): Repeated {
  const known = made.get(graph) ?? createRepeated(graph);
  made.set(graph, known);
  return known;
}

function createRepeated(graph: Graph): Repeated {
  const { program } = graph;
  const roots = new Map<string, { ref: FunctionRef; site: Site }>();
  const begin = (site: Site): void => {
    for (const { to, kind } of graph.edgesOf(site))
      if (kind === 'host' || kind === 'drop') roots.set(functionKey(to), { ref: to, site });
  };
  for (const site of program.sites)
    if (graph.live.has(functionKey(site)) && hasRunAgain(graph, site)) begin(site);
  for (const each of graph.resources) if (runsAgain(graph, each)) begin(each.site);
  const refs = [...roots.values()].map((each) => each.ref);
  const from = new Map(
    [...graph.edgesByCaller].map(([key, edges]) => [key, edges.filter((each) => each.to.fn !== 0)]),
  );
  const every = reach(refs, from, (edge) => {
    const site = program.sites[edge.site];
    return RUNS.has(edge.kind) && site !== undefined && !isLatched(graph, site);
  });
  const after = reach(refs, from, () => true);
  return {
    has: (ref) => every.has(functionKey(ref)),
    follows: (ref) => after.has(functionKey(ref)),
    path(ref) {
      const out: PathStep[] = [];
      let key = functionKey(ref);
      for (let depth = 0; depth < 30; depth += 1) {
        const edge = every.get(key);
        const site = edge ? program.sites[edge.site] : roots.get(key)?.site;
        if (!site) break;
        const runs = edge
          ? `${site.call.text}() runs ${graph.nameOf(edge.to)}`
          : runsEachTime(graph, site, key, roots);
        out.unshift({ location: graph.locateCall(site), note: runs });
        if (!edge) break;
        key = functionKey(edge.from);
      }
      return out;
    },
  };
}

function runsEachTime(
  graph: Graph,
  site: Site,
  key: string,
  roots: ReadonlyMap<string, { ref: FunctionRef }>,
): string {
  const root = roots.get(key);
  return `${site.call.text}() runs ${root ? graph.nameOf(root.ref) : 'it'} again and again`;
}

/** `app.get('/', handler)`, `app.addHook('onRequest', f)`, `server.on('connection', f)`. */
function hasRunAgain(graph: Graph, site: Site): boolean {
  const { f, a } = site.call;
  if (f.k !== 'member' || site.base === undefined) return false;
  const on = graph.things(site.base);
  const event = a[0]?.k === 'text' ? a[0].t : '';
  if (f.p === 'on' || f.p === 'addListener')
    return EVENTS.test(event) && on.some((each) => each.t === 'resource');
  if (
    /^(process|define|work|consume)$/.test(f.p) &&
    on.some((each) => each.t === 'resource' && each.row.kind === 'queue')
  )
    return true;
  const isRouter = on.some(
    (each) => (each.t === 'resource' || each.t === 'external') && isFramework(each.from),
  );
  if (f.p === 'addHook') return isRouter && HOOKS.test(event);
  return isRouter && (METHODS.has(f.p) || f.p === 'use' || f.p === 'route');
}

/** What it is given runs each time; a timer that its own callback ends may have run once. */
function runsAgain(graph: Graph, { row, site, releases }: Resource): boolean {
  if (row.kind === 'server') return isOfNode(graph, site);
  if (row.opens.includes('bullmq Worker')) return true;
  if (row.kind !== 'cron' && !EVERY.has(row.noun)) return false;
  const callbacks = graph.edgesOf(site).map((each) => each.to);
  const inside = reach(callbacks, graph.edgesByCaller, () => true);
  return !releases.some((each) => inside.has(functionKey(each)));
}

const isOfNode = (graph: Graph, site: Site): boolean =>
  graph.things(site.callee).some((each) => each.t === 'external' && each.from.startsWith('node:'));
