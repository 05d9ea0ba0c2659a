/**
 * Which resource uses which: its handle was given to the other when that was made, or code that the other runs (routes,
 * jobs, the callback of a timer) calls it. Asked by shutdown-order. It follows the flow, never names.
 */
import type { EdgeKind } from '../../graph/flow/program.ts';
import type { NodeId, ThingId } from '../../graph/flow/things.ts';
import { packageOf } from '../../graph/flow/catalogue.ts';
import { functionKey, type FunctionRef, type Graph, type Resource, type Site } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';

export interface Use {
  /** Where the handle is given, or where the running code calls it. */
  at: Site;
  how: 'given' | 'called';
}

export interface Uses {
  /** How the first uses the second. */
  of(user: Resource, used: Resource): Use | undefined;
}

const made = new WeakMap<Graph, Uses>();

export function usesOf(graph: Graph): Uses {
  const known = made.get(graph) ?? createUses(graph);
  made.set(graph, known);
  return known;
}

function createUses(graph: Graph): Uses {
  const sites = sitesByThing(graph);
  const found = new Map<ThingId, Map<ThingId, Use>>();
  const usesBy = (user: Resource): Map<ThingId, Use> => {
    const known = found.get(user.id) ?? collect(graph, user, sites.get(user.id) ?? []);
    found.set(user.id, known);
    return known;
  };
  return { of: (user, used) => (user.id === used.id ? undefined : usesBy(user).get(used.id)) };
}

/** Calls that are made on a resource. */
function sitesByThing(graph: Graph): Map<ThingId, Site[]> {
  const known = madeSites.get(graph) ?? collectSites(graph);
  madeSites.set(graph, known);
  return known;
}

const madeSites = new WeakMap<Graph, Map<ThingId, Site[]>>();

function collectSites(graph: Graph): Map<ThingId, Site[]> {
  const own = new Set(graph.resources.map((each) => each.id));
  const found = new Map<ThingId, Site[]>();
  for (const site of graph.program.sites)
    for (const id of site.base === undefined ? [] : graph.program.flow.thingsAt(site.base))
      if (own.has(id)) {
        const known = found.get(id);
        if (known) known.push(site);
        else found.set(id, [site]);
      }
  return found;
}

function collect(graph: Graph, user: Resource, on: readonly Site[]): Map<ThingId, Use> {
  const out = new Map<ThingId, Use>();
  const own = new Set(graph.resources.map((each) => each.id));
  const add = (id: ThingId, use: Use): void => {
    if (own.has(id) && id !== user.id && !out.has(id)) out.set(id, use);
  };
  for (const site of [user.site, ...user.starts])
    for (const node of site.args) for (const id of given(graph, node)) add(id, { at: site, how: 'given' });
  for (const site of codeOf(graph, user, on))
    for (const node of site.base === undefined ? site.args : [site.base, ...site.args])
      for (const id of graph.program.flow.thingsAt(node)) add(id, { at: site, how: 'called' });
  return out;
}

/** What is given by itself, or as a member of an options object. */
function given(graph: Graph, node: NodeId): ThingId[] {
  const { flow } = graph.program;
  return [...flow.thingsAt(node)].flatMap((id) =>
    flow.things[id]?.t === 'object' ? [id, ...flow.thingsAt(flow.field(id, '*'))] : [id],
  );
}

/** How the code of a resource comes to run while it is open. */
const HANDLERS: ReadonlySet<EdgeKind> = new Set<EdgeKind>(['host', 'drop']);
const FOLLOWED: ReadonlySet<EdgeKind> = new Set<EdgeKind>([
  'call',
  'map',
  'each',
  'then',
  'executor',
  'host',
  'drop',
]);
/** Events that tell of the resource itself: what listens to them is no work of its own. */
const OF_ITSELF =
  /^(error|close|exit|end|finish|listening|clientError|drain|disconnect|ready|connect|open|abort)$/;

/** Calls in the code that a resource runs; what that code releases or shuts down is no use of it. `on`: calls made on it. */
export function codeOf(
  graph: Graph,
  user: Resource,
  on: readonly Site[] = sitesByThing(graph).get(user.id) ?? [],
): Site[] {
  const { releases, sitesIn } = lifecycleOf(graph);
  const seen = new Set<string>();
  const queue: FunctionRef[] = [];
  const enter = (ref: FunctionRef): void => {
    if (seen.has(functionKey(ref))) return;
    seen.add(functionKey(ref));
    queue.push(ref);
  };
  for (const site of [user.site, ...user.starts, ...on, ...routesOf(graph, user)])
    if (!isOfItself(site))
      for (const edge of graph.edgesOf(site)) if (HANDLERS.has(edge.kind)) enter(edge.to);
  const out: Site[] = [];
  for (let next = queue.pop(); next; next = queue.pop())
    for (const site of sitesIn(next)) {
      if (releases(site)) continue;
      out.push(site);
      for (const edge of graph.edgesOf(site)) if (FOLLOWED.has(edge.kind)) enter(edge.to);
    }
  return out;
}

function isOfItself({ call }: Site): boolean {
  const [event] = call.a;
  return event?.k === 'text' && OF_ITSELF.test(event.t);
}

/**
 * Routes of an application that a server serves: `createServer(app)`, `app.listen()`, `serve({ fetch: app.fetch })`.
 * The applications of one framework are taken together.
 */
function routesOf(graph: Graph, user: Resource): Site[] {
  if (user.row.kind !== 'server') return [];
  const { flow } = graph.program;
  const packages = new Set<string>();
  for (const site of [user.site, ...user.starts])
    for (const node of site.base === undefined ? site.args : [site.base, ...site.args])
      for (const id of given(graph, node)) {
        const thing = flow.things[id];
        if (thing?.t === 'external' && thing.from !== 'global' && !thing.from.startsWith('node:'))
          packages.add(packageOf(thing.from));
      }
  if (packages.size === 0) return [];
  return graph.program.sites.filter((site) =>
    graph
      .things(site.callee)
      .some((each) => each.t === 'external' && each.path !== '' && packages.has(packageOf(each.from))),
  );
}
