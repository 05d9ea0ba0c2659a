/** The functions of the project that guard routes, each once, with a route that it guards. Used by guard-denies-on-error. */
import { functionKey } from '../graph.ts';
import { isAdminRoute } from './admin-routes.ts';
import { denialOf } from './denial.ts';
import { seen, type Closure, type Held } from './held.ts';
import type { Guarding, Route, RouteTable } from './route-table.ts';
import { detached } from './detached.ts';
import type { Run } from './run.ts';

/** One function can guard with several things that it was made with: `guardWith(isAdmin)`, `guardWith(isOwner)`. */
const MOST_SCOPES = 20;

export interface GuardFunction {
  closure: Closure;
  route: Route;
  /** How it is put in front of the route; absent: it is the handler, and checks by itself. */
  guarding?: Guarding;
  /** It stands in front of an admin route. */
  isAdmin: boolean;
}

export function guardFunctions(table: RouteTable): GuardFunction[] {
  const { run } = table;
  const found = new Map<string, GuardFunction[]>();
  const add = (each: GuardFunction): void => {
    const list = found.get(functionKey(each.closure)) ?? [];
    found.set(functionKey(each.closure), list);
    const position = list.findIndex(({ closure }) => closure.scope === each.closure.scope);
    if (position < 0 && list.length < MOST_SCOPES) list.push(each);
    else if (each.isAdmin && list[position]?.isAdmin === false) list[position] = each;
  };
  for (const route of table.routes) {
    const isAdmin = isAdminRoute(route);
    for (const guarding of route.guards)
      for (const closure of closuresOf(run, guarding.fn)) add({ closure, route, guarding, isAdmin });
    if (!isAdmin) continue;
    for (const closure of closuresOf(run, route.handler))
      if (denialOf(run, closure).answers || denialOf(run, closure).throwsDenied)
        add({ closure, route, isAdmin });
  }
  return [...found.values()].flat();
}

/** The functions that a value is, or that a wrapper of a package was given. */
export function closuresOf(run: Run, held: Held, depth = 0): Closure[] {
  const fn = seen(held);
  if (depth > 4) return [];
  if (fn.t === 'closure') return [fn];
  if (fn.t === 'external') return (fn.args ?? []).flatMap((each) => closuresOf(run, each, depth + 1));
  if (fn.t === 'list') return fn.items.flatMap((each) => closuresOf(run, each, depth + 1));
  if (fn.t === 'maybe') return [fn.then, fn.otherwise].flatMap((each) => closuresOf(run, each, depth + 1));
  if (fn.t !== 'flow') return [];
  return run.graph.things(fn.node).flatMap((each) => (each.t === 'function' ? [detached(run, each)] : []));
}
