/** What calls on routers register: routes, middlewares, hooks, plugins, mounts. Used by `run-call.ts`. */
import type { Location } from '../../../../harness/verdict.ts';
import { seen, UNKNOWN, UNSEEN, maybe, NOTHING, type Held } from './held.ts';
import { callFastify } from './register-fastify.ts';
import { joinPaths, loadPending, type Entry, type Router } from './router.ts';
import { part, type Call } from './run-call.ts';
import type { Run } from './run.ts';

export const METHODS = new Set(['get', 'head', 'post', 'put', 'delete', 'del', 'options', 'patch', 'all']);

/** What every entry of a router carries. */
export function entryAt(run: Run, call: Call): Pick<Entry, 'conditions' | 'place' | 'how'> {
  return {
    conditions: run.conditions,
    place: run.graph.locate(call.frame.file, call.value.at),
    how: call.value.text,
  };
}

/** The calls that led here: the last few. */
export const callsOf = (run: Run): Location[] =>
  run.calls.slice(-2).map(({ file, at }) => run.graph.locate(file, at));

/** Functions given one by one, in lists, or in lists of lists; those that may be missing as `maybe`. */
export function functionsIn(held: Held): Held[] {
  const value = seen(held);
  if (value.t === 'list') return [...value.items.flatMap(functionsIn), ...(value.open ? [UNKNOWN] : [])];
  if (value.t === 'none' || value.t === 'constant') return [];
  if (value.t !== 'maybe') return [value];
  const { conditions } = value;
  return [
    ...functionsIn(value.then).map((each) => maybe(conditions, each, NOTHING)),
    ...functionsIn(value.otherwise).map((otherwise): Held => ({
      t: 'maybe',
      conditions,
      then: NOTHING,
      otherwise,
    })),
  ];
}

/** The paths that an argument names; `UNSEEN` where it is no plain text. */
export function pathsIn(held: Held | undefined): string[] {
  const value = held && seen(held);
  if (value?.t === 'text') return [value.text];
  if (value?.t === 'list') return value.items.flatMap(pathsIn);
  if (value?.t === 'maybe') return [...pathsIn(value.then), ...pathsIn(value.otherwise)];
  return [UNSEEN];
}

const isPath = (held: Held | undefined): boolean => {
  const value = held && seen(held);
  if (value?.t === 'list') return value.items.length > 0 && value.items.every(isPath);
  return value?.t === 'text' || value?.t === 'none' || value?.t === 'unknown';
};

export function callRouter(run: Run, call: Call, router: Router, name: string): Held {
  const self: Held = { t: 'router', router };
  if (router.framework === 'fastify') return callFastify(run, call, router, name);
  const { args } = call;
  if (METHODS.has(name)) {
    addRoute(run, call, router, [name], args);
    return self;
  }
  switch (name) {
    case 'use':
      use(run, call, router, args);
      return self;
    case 'route':
      return callRoute(run, call, router);
    case 'on':
      if (router.framework === 'hono' && args.length > 2)
        addRoute(run, call, router, pathsIn(args[0]), args.slice(1));
      return self;
    case 'openapi':
      addOpenApiRoute(run, call, router);
      return self;
    case 'basePath':
      return {
        t: 'router',
        router: { ...router, prefix: joinPaths(router.prefix, pathsIn(args[0])[0] ?? '') },
      };
    case 'prefix':
      router.prefix = joinPaths(router.prefix, pathsIn(args[0])[0] ?? '');
      return self;
    case 'listen':
    case 'then':
      loadPending(router);
      return UNKNOWN;
    case 'callback':
      return UNKNOWN;
    default:
      return self;
  }
}

/** The path of an entry; hono joins its base path when the entry is made. */
const pathIn = (router: Router, path: string): string =>
  router.framework === 'hono' ? joinPaths(router.prefix, path) : path;

/** `router.get(path, ...functions)`; the last one is the handler. */
function addRoute(
  run: Run,
  call: Call,
  router: Router,
  methods: readonly string[],
  args: readonly Held[],
): void {
  const named = router.framework === 'koa' && isPath(args[0]) && isPath(args[1]) && args.length > 2;
  const [path, ...given] = named ? args.slice(1) : args;
  const fns = given.flatMap(functionsIn);
  const handler = fns.pop();
  // `app.get('env')` reads a setting.
  if (!handler) return;
  for (const each of pathsIn(path))
    for (const method of methods)
      router.entries.push({
        ...entryAt(run, call),
        s: 'route',
        method: method.toUpperCase(),
        path: pathIn(router, each),
        guards: fns,
        handler,
        calls: callsOf(run),
        where: { file: call.frame.file, fn: call.frame.fn },
      });
}

/** `@hono/zod-openapi`: `app.openapi(createRoute({ method, path, middleware }), handler)`. */
function addOpenApiRoute(run: Run, call: Call, router: Router): void {
  const [route, handler] = call.args;
  const made = route && seen(route);
  const options = made?.t === 'external' ? made.args?.[0] : made;
  const middleware = functionsIn(part(run, options, 'middleware'));
  const method = pathsIn(part(run, options, 'method'))[0] ?? UNSEEN;
  if (handler) addRoute(run, call, router, [method], [part(run, options, 'path'), ...middleware, handler]);
}

/** `app.use(path?, ...functions and routers)`. */
function use(run: Run, call: Call, router: Router, args: readonly Held[]): void {
  const [first] = args;
  const hasPath = args.length > 1 && isPath(first);
  const rest = (hasPath ? args.slice(1) : args).flatMap(functionsIn);
  const paths = hasPath ? pathsIn(first) : [undefined];
  for (const path of paths)
    for (const each of [...(first && seen(first).t === 'unknown' && hasPath ? [UNKNOWN] : []), ...rest])
      addUsed(run, call, router, path, each);
}

function addUsed(run: Run, call: Call, router: Router, path: string | undefined, held: Held): void {
  const at = entryAt(run, call);
  const inner = held.t === 'maybe' ? seen(held.then) : held;
  if (inner.t === 'router') {
    const conditions = held.t === 'maybe' ? [...at.conditions, ...held.conditions] : at.conditions;
    mount(router, { ...at, conditions }, path ?? '', inner.router);
    return;
  }
  const full = router.framework === 'hono' ? pathIn(router, path ?? '*') : path;
  router.entries.push({
    ...at,
    s: 'guard',
    fns: [held],
    ...(full === undefined ? {} : { path: full }),
    exact: router.framework === 'hono',
  });
}

function mount(
  router: Router,
  at: Pick<Entry, 'conditions' | 'place' | 'how'>,
  path: string,
  child: Router,
): void {
  child.isMounted = true;
  router.entries.push({ ...at, s: 'mount', path: pathIn(router, path), router: child });
}

/** Hono mounts with `route(path, app)`; express makes a chain of methods with `route(path)`. */
function callRoute(run: Run, call: Call, router: Router): Held {
  const [path, child] = call.args;
  const inner = child && seen(child);
  if (inner?.t === 'router') {
    mount(router, entryAt(run, call), pathsIn(path)[0] ?? '', inner.router);
    return { t: 'router', router };
  }
  return { t: 'chain', router, path: pathsIn(path)[0] ?? UNSEEN };
}

export function callChain(run: Run, call: Call, chain: Held & { t: 'chain' }, name: string): Held {
  const path: Held = { t: 'text', text: chain.path };
  if (METHODS.has(name)) addRoute(run, call, chain.router, [name], [path, ...call.args]);
  return chain;
}
