/**
 * Every route of the program with what stands in front of it: built once per graph, by following the code that registers
 * routes in the order in which it runs. Asked by the rules about guards.
 */
import type { Location, PathStep } from '../../../../harness/verdict.ts';
import { functionKey, type FunctionRef, type Graph } from '../graph.ts';
import { loadedModules } from '../reach.ts';
import { coversPath } from './covers.ts';
import { nestRoutes } from './nest.ts';
import { beyond, thereUnder, type Condition, type Held } from './held.ts';
import { isApp } from './frameworks.ts';
import { registeringFunctions } from './registering.ts';
import { hooksOf, joinPaths, loadPending, type GuardEntry, type RouteEntry, type Router } from './router.ts';
import { detached } from './detached.ts';
import { enter } from './run-call.ts';
import { createRun, moduleFrame, type Run } from './run.ts';

/** A function in front of a route. */
export interface Guarding {
  fn: Held;
  /** As it is written: `app.addHook('preHandler')`; for a route's own, the call that registers the route. */
  how: string;
  place: Location;
  /** What must hold for it to be there when the route is. */
  conditions: readonly Condition[];
}

export interface Route {
  method: string;
  /** Prefixes and mounts joined. */
  path: string;
  place: Location;
  where: FunctionRef;
  handler: Held;
  guards: Guarding[];
  /** Registered where they cover the path but come after the route. */
  late: Guarding[];
  /** Where it is mounted, from the application on, then the route itself. */
  mounts: PathStep[];
  /** It is on a router that nothing is seen to mount. */
  isLoose: boolean;
}

export interface RouteTable {
  run: Run;
  routes: Route[];
  /** The limits were reached: there may be more. */
  isCut: boolean;
}

const tables = new WeakMap<Graph, RouteTable>();

export function routeTable(graph: Graph): RouteTable {
  const known = tables.get(graph) ?? buildTable(graph);
  tables.set(graph, known);
  return known;
}

function buildTable(graph: Graph): RouteTable {
  const registering = registeringFunctions(graph);
  const run = createRun(graph, registering);
  if (registering.size > 0) {
    for (const file of loadedModules(graph.program, graph.entries)) moduleFrame(run, file);
    finishPlugins(run);
    followUnvisited(run);
  }
  const routes = run.routers
    .filter((each) => !each.isMounted)
    .flatMap((router) => routesOf(router, { isLoose: !isApp(router) }));
  return { run, routes: [...routes, ...nestRoutes(run)], isCut: run.budget <= 0 || run.choices <= 0 };
}

function finishPlugins(run: Run): void {
  for (const each of run.routers) loadPending(each);
}

/** Functions that register routes and that no run of an entry came to: begun at the outermost that call them. */
function followUnvisited(run: Run): void {
  const { graph } = run;
  for (const key of run.registering) {
    const [file, fn] = key.split('.').map(Number);
    if (file === undefined || fn === undefined || run.visited.has(key)) continue;
    const ref = { file, fn };
    if (fn === 0 || !graph.live.has(key)) continue;
    const root = outermost(run, ref);
    if (run.visited.has(functionKey(root))) continue;
    enter(run, detached(run, root), []);
    finishPlugins(run);
  }
}

function outermost(run: Run, ref: FunctionRef): FunctionRef {
  const passed = new Set<string>();
  let each = ref;
  for (;;) {
    passed.add(functionKey(each));
    const caller = run.graph
      .edgesTo(each)
      .map((edge) => edge.from)
      .find((from) => from.fn !== 0 && !passed.has(functionKey(from)) && !run.visited.has(functionKey(from)));
    if (!caller) return each;
    each = caller;
  }
}

interface Context {
  prefix: string;
  guards: readonly Scoped[];
  late: readonly Scoped[];
  mounts: readonly PathStep[];
  conditions: readonly Condition[];
  isLoose: boolean;
  depth: number;
}

/** A guard with the absolute path it covers. */
interface Scoped {
  entry: GuardEntry;
  pattern: string;
}

function routesOf(router: Router, given: Partial<Context>): Route[] {
  const context: Context = {
    prefix: '',
    guards: [],
    late: [],
    mounts: [],
    conditions: [],
    isLoose: false,
    depth: 0,
    ...given,
  };
  if (context.depth > 20) return [];
  return router.framework === 'fastify' ? fastifyRoutes(router, context) : orderedRoutes(router, context);
}

/** Hooks of a plugin cover all routes of it and of the plugins in it, in whatever order they are added. */
function fastifyRoutes(router: Router, context: Context): Route[] {
  const hooks = hooksOf(router).map((entry): Scoped => ({ entry, pattern: '' }));
  return router.entries.flatMap((entry): Route[] => {
    if (entry.s === 'route') return [routeFrom(entry, { ...context, guards: [...context.guards, ...hooks] })];
    if (entry.s === 'guard') return [];
    return routesOf(entry.router, {
      ...context,
      prefix: joinPaths(context.prefix, entry.path),
      mounts: [
        ...context.mounts,
        { location: entry.place, note: `${entry.how} mounts it at ${shown(entry.path || '/')}` },
      ],
      conditions: [...context.conditions, ...entry.conditions],
      depth: context.depth + 1,
    });
  });
}

/** Express, koa and hono: only what was registered before a route stands in front of it. */
function orderedRoutes(router: Router, context: Context): Route[] {
  const prefix = router.framework === 'koa' ? joinPaths(context.prefix, router.prefix) : context.prefix;
  const scopes = router.entries.map((entry) => asGuard(router, entry, prefix));
  const out: Route[] = [];
  const before = [...context.guards];
  router.entries.forEach((entry, position) => {
    const scoped = scopes[position];
    const late = [...scopes.slice(position + 1).flatMap((each) => each ?? []), ...context.late];
    const here = { ...context, prefix, guards: [...before], late };
    if (entry.s === 'route' && !(scoped && isPassing(entry))) out.push(routeFrom(entry, here));
    if (entry.s === 'mount')
      out.push(
        ...routesOf(entry.router, {
          ...here,
          prefix: joinPaths(prefix, entry.path),
          mounts: [
            ...context.mounts,
            { location: entry.place, note: `${entry.how} mounts it at ${shown(entry.path || '/')}` },
          ],
          conditions: [...context.conditions, ...entry.conditions],
          depth: context.depth + 1,
        }),
      );
    if (scoped) before.push(scoped);
  });
  return out;
}

/** What an entry puts in front of those after it; `app.all('/admin/*', guard)` is a guard as well. */
function asGuard(router: Router, entry: Router['entries'][number], prefix: string): Scoped | undefined {
  if (entry.s === 'guard') {
    const own = entry.path ?? '';
    return { entry, pattern: entry.path === undefined ? prefix : joinPaths(prefix, own) };
  }
  if (entry.s !== 'route' || entry.method !== 'ALL' || router.framework === 'fastify') return undefined;
  const fns = [...entry.guards, entry.handler];
  return { entry: { ...entry, s: 'guard', fns, exact: true }, pattern: joinPaths(prefix, entry.path) };
}

/** `all` on a pattern is there for what comes after it. */
const isPassing = (entry: RouteEntry): boolean => entry.method === 'ALL' && /\*|\(\.\*\)/.test(entry.path);

function routeFrom(entry: RouteEntry, context: Context): Route {
  const path = joinPaths(context.prefix, entry.path);
  const conditions = [...context.conditions, ...entry.conditions];
  const guarding = ({ entry: each }: Scoped): Guarding[] => each.fns.map((fn) => one(fn, each, conditions));
  const covering = (all: readonly Scoped[]): Guarding[] =>
    all
      .filter(({ entry: each, pattern }) => pattern === '' || coversPath(pattern, each.exact, path))
      .flatMap(guarding);
  return {
    method: entry.method,
    path,
    place: entry.place,
    where: entry.where,
    handler: entry.handler,
    guards: [...covering(context.guards), ...entry.guards.map((fn) => one(fn, entry, conditions))],
    late: covering(context.late),
    mounts: [
      ...context.mounts,
      ...entry.calls.map((location) => ({ location, note: 'this call leads to its registration' })),
      { location: entry.place, note: `${entry.method} ${shown(path)} is registered here` },
    ],
    isLoose: context.isLoose,
  };
}

function one(fn: Held, entry: GuardEntry | RouteEntry, known: readonly Condition[]): Guarding {
  const { held, conditions } = thereUnder(fn);
  const { how, place } = entry;
  return {
    fn: held,
    how,
    place,
    conditions: [...beyond(entry.conditions, known), ...beyond(conditions, known)],
  };
}

/** A path for people: parts that are not known are three dots. */
export const shown = (path: string): string => path.replaceAll('\u0000', '...');
