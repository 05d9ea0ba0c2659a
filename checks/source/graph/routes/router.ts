/** Routers as they are filled while registration is followed. Filled by `register.ts`, read by `route-table.ts`. */
import type { Location } from '../../../../harness/verdict.ts';
import type { Condition, Held } from './held.ts';

export type Framework = 'fastify' | 'express' | 'hono' | 'koa';

interface Registered {
  conditions: readonly Condition[];
  place: Location;
}

/** Functions put in front of routes: a hook, a middleware. */
export interface GuardEntry extends Registered {
  s: 'guard';
  /** As it is written: `app.addHook('preHandler')`. */
  how: string;
  /** The paths it covers; absent: all of the router. */
  path?: string;
  /** The path must match as a whole. */
  exact: boolean;
  fns: Held[];
}

export interface RouteEntry extends Registered {
  s: 'route';
  method: string;
  path: string;
  /** In front of the handler, in order. */
  guards: Held[];
  handler: Held;
  how: string;
  /** The calls that led to its registration, the outer first. */
  calls: Location[];
  /** The function that registers it. */
  where: { file: number; fn: number };
}

export interface MountEntry extends Registered {
  s: 'mount';
  how: string;
  path: string;
  router: Router;
}

export type Entry = GuardEntry | RouteEntry | MountEntry;

export interface Router {
  framework: Framework;
  entries: Entry[];
  /** Prefix of its own: hono's basePath, koa-router's option. */
  prefix: string;
  place: Location;
  parent?: Router;
  /** What `decorate` added. */
  decorations: Map<string, Held>;
  /** Fastify: plugins that wait for their turn. */
  pending: (() => void)[];
  /** Something mounted it. */
  isMounted: boolean;
}

export function createRouter(framework: Framework, place: Location, prefix = ''): Router {
  return {
    framework,
    entries: [],
    prefix,
    place,
    decorations: new Map(),
    pending: [],
    isMounted: false,
  };
}

/** The hooks of a fastify instance: a parent's reach its children whenever they are added. */
export function hooksOf(router: Router): GuardEntry[] {
  const outer = router.parent ? hooksOf(router.parent) : [];
  return [...outer, ...router.entries.filter((each) => each.s === 'guard')];
}

/** Runs the plugins that wait, in the order in which they were registered. */
export function loadPending(router: Router): void {
  for (let count = 0; router.pending.length > 0 && count < 500; count += 1) router.pending.shift()?.();
}

/** `decorate` on the router or one around it. */
export function decorationOf(router: Router, name: string): Held | undefined {
  for (let each: Router | undefined = router; each; each = each.parent) {
    const found = each.decorations.get(name);
    if (found) return found;
  }
  return undefined;
}

/** Two parts of a path with one slash between them. */
export function joinPaths(left: string, right: string): string {
  const tail = right.replace(/^\/+/, '');
  const head = left.replace(/\/+$/, '');
  return tail === '' ? head || '/' : `${head}/${tail}`;
}
