/** Questions about calls that several rules ask: does it start or release something, what becomes of its promise. */
import type { CallValue } from '../facts/model.ts';
import type { EdgeKind, FunctionRef, Site } from '../graph/flow/program.ts';
import { functionKey, type Graph, type Resource, type Step } from '../graph/graph.ts';
import { eachStep } from '../graph/steps.ts';

/** What becomes of the promise that a call gives; `passed`: returned to code of this project that calls it. */
export type Fate = 'awaited' | 'handled' | 'handed' | 'passed' | 'dropped';

export interface Lifecycle {
  /** The call opens or starts something, itself or by what it calls. */
  opens(site: Site): boolean;
  /** The call opens something that keeps the process alive, itself or by what it calls. */
  livesOn(site: Site): boolean;
  /** The call releases something, itself or by what it calls. */
  releases(site: Site): boolean;
  /** Resources that the call releases itself. */
  releasedAt(site: Site): Resource[];
  /** The call ends the process, itself or by what it calls. */
  exits(site: Site): boolean;
  /** The call gives a promise, as far as the code of the project and the catalogue tell. */
  givesPromise(site: Site): boolean;
  fates(site: Site): ReadonlySet<Fate>;
  /** Sites of the program by the function that holds them. */
  sitesIn(ref: FunctionRef): readonly Site[];
}

const RUNS: ReadonlySet<EdgeKind> = new Set<EdgeKind>([
  'call',
  'map',
  'each',
  'then',
  'executor',
  'listen',
  'hook',
]);
/** How a function comes to be called while something is released. */
export const RELEASING: ReadonlySet<EdgeKind> = new Set<EdgeKind>([...RUNS, 'after', 'host']);
const STOP_NAMES = new Set([
  'stop',
  'close',
  'shutdown',
  'dispose',
  'destroy',
  'end',
  'terminate',
  'disconnect',
  'quit',
  '$disconnect',
  '@@dispose',
  '@@asyncDispose',
]);

export const isStopName = (name: string): boolean => STOP_NAMES.has(name);

const made = new WeakMap<Graph, Lifecycle>();

export function lifecycleOf(graph: Graph): Lifecycle {
  const known = made.get(graph) ?? createLifecycle(graph);
  made.set(graph, known);
  return known;
}

function createLifecycle(graph: Graph): Lifecycle {
  const { program } = graph;
  const byFunction = new Map<string, Site[]>();
  for (const site of program.sites) {
    const list = byFunction.get(functionKey(site));
    if (list) list.push(site);
    else byFunction.set(functionKey(site), [site]);
  }
  const sitesIn = (ref: FunctionRef): readonly Site[] => byFunction.get(functionKey(ref)) ?? [];
  const opened = new Set<number>();
  const livingOn = new Set<number>();
  const released = new Map<number, Resource[]>();
  for (const resource of graph.resources) {
    const sites = resource.starts.length > 0 ? resource.starts : [resource.site];
    for (const site of sites) {
      opened.add(site.id);
      if (resource.row.keepsProcessAlive && !resource.unref) livingOn.add(site.id);
    }
    for (const site of resource.releases) released.set(site.id, [...(released.get(site.id) ?? []), resource]);
  }
  const releasing = new Set(released.keys());
  for (const each of program.releases) {
    const thing = program.flow.things[each.resource];
    if (thing?.t === 'resource' && thing.site < 0) releasing.add(each.site);
  }
  const exiting = new Set(program.sites.filter((site) => isExit(graph, site)).map((site) => site.id));
  const opens = transitive(graph, (site) => opened.has(site.id), RUNS);
  const livesOn = transitive(graph, (site) => livingOn.has(site.id), RUNS);
  const releases = transitive(
    graph,
    (site) => releasing.has(site.id) || isForeignStop(graph, site),
    RELEASING,
  );
  const exits = transitive(graph, (site) => exiting.has(site.id), RELEASING);
  return {
    opens,
    livesOn,
    releases,
    exits,
    releasedAt: (site) => released.get(site.id) ?? [],
    givesPromise: (site) =>
      graph.things(site.result).some((each) => each.t === 'promise' && each.site === site.id),
    fates: (site) => fatesOf(graph, site.id, new Set()),
    sitesIn,
  };
}

/** Something ends the program in order: a handler of its own, or a helper that closes what it was given. */
export const hasShutdown = (graph: Graph): boolean =>
  graph.shutdown.size > 0 || graph.signals.some((each) => each.helper !== undefined);

/** `await thing.close()` of a thing from a package that the catalogue does not know. */
function isForeignStop(graph: Graph, site: Site): boolean {
  const { f } = site.call;
  if (f.k !== 'member' || !STOP_NAMES.has(f.p) || graph.edgesOf(site).length > 0) return false;
  const foreign = graph.things(site.callee).some((each) => each.t === 'external' && each.from !== 'global');
  return foreign && graph.steps(site).some((step) => awaits(step, site));
}

function awaits(step: ReturnType<Graph['steps']>[number], site: Site): boolean {
  return (
    step.s === 'call' && step.call === site.call && (step.taken === 'awaited' || step.taken === 'returned')
  );
}

function isExit(graph: Graph, site: Site): boolean {
  return graph
    .things(site.callee)
    .some(
      (each) =>
        each.t === 'external' &&
        each.from === 'global' &&
        /^process\.(exit|reallyExit|kill|abort)$/.test(each.path),
    );
}

/** Extends a property of calls to the functions that contain them, and to the calls of those. */
export function transitive(
  graph: Graph,
  direct: (site: Site) => boolean,
  kinds: ReadonlySet<EdgeKind>,
): (site: Site) => boolean {
  const holding = new Set<string>();
  const queue: FunctionRef[] = [];
  const add = (ref: FunctionRef): void => {
    const key = functionKey(ref);
    if (holding.has(key)) return;
    holding.add(key);
    queue.push(ref);
  };
  for (const site of graph.program.sites) if (direct(site)) add(site);
  for (let next = queue.pop(); next; next = queue.pop())
    for (const edge of graph.edgesTo(next)) if (kinds.has(edge.kind)) add(edge.from);
  const known: (boolean | undefined)[] = [];
  return (site) =>
    (known[site.id] ??=
      direct(site) ||
      graph.edgesOf(site).some((edge) => kinds.has(edge.kind) && holding.has(functionKey(edge.to))));
}

function fatesOf(graph: Graph, site: number, seen: Set<number>): Set<Fate> {
  const { program } = graph;
  const out = new Set<Fate>();
  if (seen.has(site)) return out;
  seen.add(site);
  const promise = program.flow.intern({ t: 'promise', site });
  const uses = program.uses.get(promise) ?? [];
  for (const use of uses) {
    if (use.how === 'chained') for (const each of fatesOf(graph, use.site, seen)) out.add(each);
    else if (use.how === 'returned') for (const each of returnedFates(graph, use.fn, seen)) out.add(each);
    else out.add(use.how);
  }
  if (out.size === 0) out.add(program.flow.isRefused(promise) ? 'handed' : 'dropped');
  return out;
}

/** What the callers of a function do with the promise that it returns. */
function returnedFates(graph: Graph, fn: FunctionRef, seen: Set<number>): Fate[] {
  const edges = graph.edgesTo(fn);
  if (edges.length === 0) return ['handed'];
  return edges.flatMap((edge): Fate[] => {
    if (edge.kind === 'call') return ['passed'];
    if (edge.kind === 'map' || edge.kind === 'then') return [...fatesOf(graph, edge.site, seen)];
    if (edge.kind === 'hook') return ['awaited'];
    return edge.kind === 'host' ? ['handed'] : ['dropped'];
  });
}

/** `within(service.stop(), 500)`: the promise of a release is handed on to a call that waits for it. */
export function carriesRelease(graph: Graph, call: CallValue): boolean {
  return call.a.some((each) => {
    const site = each.k === 'call' ? graph.site(each) : undefined;
    if (each.k !== 'call' || !site) return false;
    return (
      (lifecycleOf(graph).releases(site) && lifecycleOf(graph).givesPromise(site)) ||
      carriesRelease(graph, each)
    );
  });
}

/** The first call among steps that releases something. */
export function firstRelease(graph: Graph, steps: readonly Step[]): Site | undefined {
  for (const step of eachStep(steps)) {
    const site = step.s === 'call' || step.s === 'group' ? graph.site(step.call) : undefined;
    if (site && lifecycleOf(graph).releases(site)) return site;
  }
  return undefined;
}
