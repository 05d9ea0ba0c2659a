/**
 * What a server's handlers need and is opened only after the server listens, and what is told to be ready before it is.
 * Used by listen-last.
 */
import type { Value } from '../../facts/model.ts';
import {
  functionKey,
  type FunctionRef,
  type Graph,
  type Resource,
  type Site,
  type Step,
} from '../../graph/graph.ts';
import type { EdgeKind } from '../../graph/flow/program.ts';
import { loadedModules, reach } from '../../graph/reach.ts';
import { eachStep, innerSteps } from '../../graph/steps.ts';
import { begunAt } from '../releases/released.ts';
import { placesOf, touches } from '../traces/places.ts';

/** One moment of the start, in the order in which the program comes to them. */
export interface Moment {
  what: 'listens' | 'opens' | 'ready';
  site: Site;
  resource?: Resource;
  /** Of several that are begun at once, by `Promise.all`. */
  group: number;
  store?: string;
}

const RUNS: ReadonlySet<EdgeKind> = new Set<EdgeKind>(['call', 'map', 'each', 'executor', 'then', 'hook']);
/** Steps that are followed; a program whose start is longer is judged by what was seen until then. */
const STEP_BUDGET = 50_000;

interface Walk {
  graph: Graph;
  begun: ReadonlyMap<number, Resource>;
  moments: Moment[];
  running: Set<string>;
  group: number;
  groups: number;
  steps: number;
  /** Places that the start fills, by the number of moments before. */
  stores: { place: string; after: number }[];
}

export interface StartMoments {
  moments: readonly Moment[];
  stores: readonly { place: string; after: number }[];
}

export function startMoments(graph: Graph): StartMoments {
  const begun = new Map(graph.resources.map((each) => [begunAt(each).id, each]));
  const walk: Walk = {
    graph,
    begun,
    moments: [],
    running: new Set(),
    group: 0,
    groups: 0,
    steps: 0,
    stores: [],
  };
  for (const file of loadedModules(graph.program, graph.entries)) run(walk, { file, fn: 0 });
  return walk;
}

function run(walk: Walk, ref: FunctionRef): void {
  const key = functionKey(ref);
  if (walk.running.has(key)) return;
  walk.running.add(key);
  follow(walk, walk.graph.steps(ref), ref);
  walk.running.delete(key);
}

function follow(walk: Walk, steps: readonly Step[], ref: FunctionRef): void {
  for (const step of steps) {
    walk.steps += 1;
    if (walk.steps > STEP_BUDGET) return;
    if (step.s === 'call') call(walk, step);
    else if (step.s === 'store') {
      const place = placesOf(walk.graph).of(step.target, ref);
      if (place !== undefined) walk.stores.push({ place, after: walk.moments.length });
    } else if (step.s === 'group') {
      const outer = walk.group;
      if (outer === 0) walk.group = walk.groups += 1;
      follow(walk, step.items, ref);
      walk.group = outer;
    } else for (const each of innerSteps(step)) follow(walk, each, ref);
  }
}

function call(walk: Walk, step: Step & { s: 'call' }): void {
  const { graph, moments, group } = walk;
  const site = graph.site(step.call);
  if (!site) return;
  const resource = walk.begun.get(site.id);
  if (resource?.row.kind === 'server') moments.push({ what: 'listens', site, resource, group });
  else if (resource) moments.push({ what: 'opens', site, resource, group });
  else if (tellsReady(graph, site)) moments.push({ what: 'ready', site, group });
  const edges = graph.edgesOf(site);
  for (const edge of edges) if (RUNS.has(edge.kind)) run(walk, edge.to);
  // The callback of listen: after it.
  for (const edge of edges)
    if (edge.kind === 'listen' || (resource?.row.kind === 'server' && edge.kind === 'drop' && isListen(site)))
      run(walk, edge.to);
}

const isListen = (site: Site): boolean => site.call.f.k === 'member' && site.call.f.p === 'listen';

/** Functions of packages that tell a supervisor that the service is ready. */
const READY: Readonly<Record<string, string>> = { 'sd-notify': 'ready', lightship: 'signalReady' };

function tellsReady(graph: Graph, site: Site): boolean {
  const { f } = site.call;
  const imports = graph.program.files[site.file]?.facts.imports ?? [];
  const name =
    f.k === 'ref' ? imports.find((each) => each.b === f.b)?.name : f.k === 'member' ? f.p : undefined;
  return graph.things(site.callee).some((each) => {
    if (each.t !== 'external') return false;
    if (each.from === 'global' && each.path === 'process.send') return saysReady(site.call.a[0]);
    return name !== undefined && READY[each.from] === name;
  });
}

/** `process.send('ready')`, `process.send({ type: 'ready' })`. */
function saysReady(value: Value | undefined): boolean {
  if (value?.k === 'text') return value.t === 'ready';
  return value?.k === 'object' && value.props.some(([, each]) => saysReady(each));
}

/** Something that takes its time to be open, or a server. */
export const takesTime = ({ what, resource, site }: Moment): boolean => {
  if (what === 'listens') return true;
  const { f } = site.call;
  if (what !== 'opens' || !resource) return false;
  const started = f.k === 'member' && resource.row.startPromises?.includes(f.p);
  return started === true || (resource.site.id === site.id && resource.row.opensPromise === true);
};

const HANDLES = /^(get|post|put|patch|delete|head|options|all|route|use|on|register|addHook)$/;

/** The functions that run for the requests of a server; `undefined` when it is not known which server they belong to. */
export function handlersOf(graph: Graph, server: Resource, servers: number): Set<string> | undefined {
  const own = graph
    .edgesOf(server.site)
    .filter((each) => each.kind === 'drop')
    .map((each) => each.to);
  const roots = [...own];
  if (servers === 1)
    for (const edge of graph.program.edges) {
      const site = graph.program.sites[edge.site];
      if (!site || (edge.kind !== 'host' && edge.kind !== 'drop') || !graph.live.has(functionKey(site)))
        continue;
      if (isRoute(graph, site)) roots.push(edge.to);
    }
  if (roots.length === 0) return undefined;
  const from = new Map<string, (typeof graph.program.edges)[number][]>();
  for (const edge of graph.program.edges) {
    const key = functionKey(edge.from);
    from.set(key, [...(from.get(key) ?? []), edge]);
  }
  return new Set(reach(roots, from, (edge) => RUNS.has(edge.kind)).keys());
}

/** `app.get('/path', handler)` of a framework, `server.on('request', handler)`. */
function isRoute(graph: Graph, site: Site): boolean {
  const { f, a } = site.call;
  const [first] = a;
  if (f.k !== 'member' || !HANDLES.test(f.p) || first?.k !== 'text') return false;
  if (first.t.startsWith('/')) return true;
  const ofServer =
    site.base !== undefined &&
    graph.things(site.base).some((each) => each.t === 'resource' && each.row.kind === 'server');
  return ofServer && /^(request|onRequest|preHandler|connection)$/.test(first.t);
}

/** The call in a handler that uses the resource. */
export function useIn(graph: Graph, handlers: ReadonlySet<string>, resource: Resource): Site | undefined {
  return graph.program.sites.find(
    (site) =>
      handlers.has(functionKey(site)) &&
      site.base !== undefined &&
      graph.program.flow.thingsAt(site.base).has(resource.id),
  );
}

/** Handlers look at something that the start sets only when it is done: they answer that it is not ready until then. */
export function isGated(
  graph: Graph,
  handlers: ReadonlySet<string>,
  { stores }: StartMoments,
  after: number,
): boolean {
  const late = stores.filter((each) => each.after > after).map((each) => each.place);
  if (late.length === 0) return false;
  return graph.program.files.some((file, index) =>
    file.facts.functions.some((fn) => {
      const ref = { file: index, fn: fn.id };
      return (
        handlers.has(functionKey(ref)) &&
        [...eachStep(graph.steps(ref))].some(
          (step) =>
            step.s === 'branch' &&
            [...placesOf(graph).readBy(step.condition, ref)].some((place) =>
              late.some((each) => touches(place, each)),
            ),
        )
      );
    }),
  );
}
