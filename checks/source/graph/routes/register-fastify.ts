/** What calls on a fastify instance register. Plugins are run in the order in which fastify loads them. */
import { seen, UNKNOWN, type Held } from './held.ts';
import { callsOf, entryAt, functionsIn, METHODS, pathsIn } from './register.ts';
import { createRouter, loadPending, type Router } from './router.ts';
import { enter, part, type Call } from './run-call.ts';
import type { Run } from './run.ts';

/** Hooks that run before the handler, in their order. */
export const HOOKS = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const;

export function callFastify(run: Run, call: Call, router: Router, name: string): Held {
  const self: Held = { t: 'router', router };
  const { args } = call;
  if (METHODS.has(name)) {
    addShorthand(run, call, router, name);
    return self;
  }
  switch (name) {
    case 'route':
      addRoute(run, call, router, pathsIn(part(run, args[0], 'method')), args[0]);
      return self;
    case 'register':
      register(run, call, router);
      return self;
    case 'addHook':
      addHook(run, call, router);
      return self;
    case 'decorate': {
      const [named] = pathsIn(args[0]);
      if (named !== undefined && args[1]) router.decorations.set(named, args[1]);
      return self;
    }
    case 'auth':
      return { t: 'external', from: '@fastify/auth', path: 'auth()', args };
    case 'rateLimit':
    case 'csrfProtection':
      return { t: 'external', from: '@fastify/rate-limit', path: '()' };
    case 'after':
    case 'ready':
    case 'listen':
    case 'inject':
      loadPending(router);
      for (const each of args)
        if (each.t === 'closure' && run.registering.has(`${each.file}.${each.fn}`)) enter(run, each, []);
      return self;
    default:
      return self;
  }
}

/** `app.get(path, options?, handler?)`. */
function addShorthand(run: Run, call: Call, router: Router, method: string): void {
  const [path, second, third] = call.args;
  const options = third ? second : second && seen(second).t === 'object' ? second : undefined;
  const handler = third ?? (options ? undefined : second);
  addRoute(run, call, router, [method], options, path, handler);
}

function addRoute(
  run: Run,
  call: Call,
  router: Router,
  methods: readonly string[],
  options: Held | undefined,
  path?: Held,
  handler?: Held,
): void {
  const url = path ?? firstKnown(part(run, options, 'url'), part(run, options, 'path'));
  const of = options && seen(options);
  const guards = HOOKS.flatMap((each) => functionsIn(part(run, options, each)));
  // Options that are not known may hold a guard.
  const open = of !== undefined && (of.t !== 'object' || of.open) ? [UNKNOWN] : [];
  for (const each of pathsIn(url))
    for (const method of methods)
      router.entries.push({
        ...entryAt(run, call),
        s: 'route',
        method: method.toUpperCase(),
        path: each,
        guards: [...guards, ...open],
        handler: handler ? seen(handler) : part(run, options, 'handler'),
        calls: callsOf(run),
        where: { file: call.frame.file, fn: call.frame.fn },
      });
}

const firstKnown = (...held: Held[]): Held =>
  held.find((each) => each.t !== 'none' && each.t !== 'unknown') ?? UNKNOWN;

function addHook(run: Run, call: Call, router: Router): void {
  const [name, fn] = call.args;
  const named = name && seen(name);
  if (!fn || (named?.t === 'text' && !HOOKS.some((each) => each === named.text))) return;
  const at = entryAt(run, call);
  const how = named?.t === 'text' ? `${at.how}('${named.text}')` : at.how;
  router.entries.push({ ...at, how, s: 'guard', fns: functionsIn(fn), exact: false });
}

/** A plugin waits until its turn: the end of the plugin around it, or an `await`. */
function register(run: Run, call: Call, router: Router): void {
  const [given, options] = call.args;
  const { conditions } = run;
  for (const each of given ? functionsIn(given) : []) {
    const extra = each.t === 'maybe' ? each.conditions : [];
    const plugin = each.t === 'maybe' ? seen(each.then) : each;
    router.pending.push(() => {
      const before = run.conditions;
      run.conditions = [...conditions, ...extra];
      load(run, call, router, plugin, options);
      run.conditions = before;
    });
  }
}

function load(run: Run, call: Call, router: Router, held: Held, options: Held | undefined): void {
  const plugin = held.t === 'module' ? part(run, held, 'default') : held;
  const at = entryAt(run, call);
  if (plugin.t !== 'closure') {
    // A plugin of a package, or one that is not known, may add hooks of its own.
    const fns: Held[] =
      plugin.t === 'external' ? [{ ...plugin, path: '(plugin)', args: call.args }] : [UNKNOWN];
    router.entries.push({ ...at, s: 'guard', fns, exact: false });
    return;
  }
  const given: Held = options ? pluginOptions(run, options, router) : UNKNOWN;
  if (plugin.skipsOverride) {
    enter(run, plugin, [{ t: 'router', router }, given]);
    loadPending(router);
    return;
  }
  const prefix = options ? part(run, given, 'prefix') : undefined;
  const child = createRouter('fastify', at.place);
  child.parent = router;
  child.isMounted = true;
  run.routers.push(child);
  const path =
    prefix?.t === 'text'
      ? prefix.text
      : prefix === undefined || prefix.t === 'none'
        ? ''
        : pathsIn(prefix)[0];
  router.entries.push({ ...at, s: 'mount', path: path ?? '', router: child });
  enter(run, plugin, [{ t: 'router', router: child }, given]);
  loadPending(child);
}

/** Options may be a function of the instance. */
function pluginOptions(run: Run, options: Held, router: Router): Held {
  const value = seen(options);
  return value.t === 'closure' ? seen(enter(run, value, [{ t: 'router', router }])) : value;
}
