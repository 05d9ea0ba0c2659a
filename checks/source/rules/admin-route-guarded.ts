import type { PathStep } from '../../../harness/verdict.ts';
import {
  assessAll,
  isAdminRoute,
  judgeRoute,
  servesPage,
  type Finding,
  type Seen,
} from '../graph/routes/admin-routes.ts';
import { nameOfFactory, nameOfGuard } from '../graph/routes/guard-names.ts';
import { routeTable, shown, type Route, type RouteTable } from '../graph/routes/route-table.ts';
import { defineRule, type Examine } from '../rule.ts';

type MessageId = 'unguarded' | 'conditionalGuard' | 'factoryNotCalled' | 'guardTooLate' | 'onlyAuthenticated';

export default defineRule<MessageId>({
  id: 'admin-route-guarded',
  title: 'every admin route has a guard that is always there',
  why: 'A route that forgot its guard, or whose guard a setting can leave out, gives admin rights to whoever finds the path.',
  fix: 'put the guard on the plugin or router of the admin routes, before the first route and under no condition',
  messages: {
    unguarded:
      '{route} has no guard: {seen}; put a guard that denies (401 without, 403 with the wrong identity) on the route, its plugin or router, or the mount',
    conditionalGuard:
      '{route} is guarded by {guard} only when the condition at {where} {truth}; else anybody is an admin. Register the guard always',
    factoryNotCalled: '{guard} makes a guard and is given to {route} as it is: {advice}',
    guardTooLate:
      '{guard} is registered at {where}, after {route}, and covers only what comes later; move it before the route',
    onlyAuthenticated:
      '{route} asks for a valid token ({guard}) and never for an admin, so every user is one; add a guard that checks the role',
  },
  check({ graph, examine }) {
    const table = routeTable(graph);
    const isSubject = (each: Route): boolean => isAdminRoute(each) && !servesPage(graph, each.handler);
    for (const routes of sameRoutes(table, isSubject)) judge(table, routes, examine);
    if (table.isCut)
      examine({ subject: 'routes', location: graph.locate(0, 0) }).unknown(
        'the code that registers routes is too large to be followed to its end; name the entries in source.entries',
      );
  },
});

/** An application that is built twice registers the same route twice: it is judged once, as the worse of both. */
function sameRoutes(table: RouteTable, isSubject: (route: Route) => boolean): Route[][] {
  const found = new Map<string, Route[]>();
  for (const each of table.routes.filter(isSubject)) {
    const key = `${each.place.file}:${each.place.line}:${each.place.column} ${each.method} ${each.path}`;
    found.set(key, [...(found.get(key) ?? []), each]);
  }
  return [...found.values()];
}

function judge(table: RouteTable, routes: readonly Route[], examine: Examine<MessageId>): void {
  const judged = routes.map((route) => {
    const guards = assessAll(table.run, route.guards);
    return { route, guards, found: judgeRoute(table.run, route, guards) };
  });
  const [first] = judged;
  if (!first) return;
  const worst =
    judged.find(({ found }) => found.verdict !== 'pass' && found.verdict !== 'unknown') ??
    judged.find(({ found }) => found.verdict === 'unknown') ??
    first;
  const { route, guards, found } = worst;
  const name = `${route.method} ${shown(route.path)}`;
  const examination = examine({ subject: `${route.place.file} ${name}`, location: route.place });
  if (found.verdict === 'pass') examination.pass();
  else if (found.verdict === 'unknown') examination.unknown(`${name}: ${found.why}`);
  else {
    const words = { route: name, ...wordsOf(table, found, guards) };
    examination.fail(found.verdict, words, pathOf(table, route, guards, found));
  }
}

type Fault = Exclude<Finding, { verdict: 'pass' | 'unknown' }>;

function wordsOf(table: RouteTable, found: Fault, guards: readonly Seen[]): Record<string, string> {
  if (found.verdict === 'unguarded') {
    const names = [...new Set(guards.map((each) => nameOfGuard(table.run, each)))];
    return {
      seen: names.length === 0 ? 'nothing stands in front of it' : `${names.join(', ')} never denies`,
    };
  }
  if (found.verdict === 'factoryNotCalled') return nameOfFactory(table.run, found.guard);
  const guard = nameOfGuard(table.run, found.guard);
  const { place } = found.verdict === 'conditionalGuard' ? found.condition : found.guard;
  const truth = found.verdict === 'conditionalGuard' && found.condition.negated ? 'does not hold' : 'holds';
  return { guard, where: `${place.file}:${place.line}`, truth };
}

const EFFECTS: Record<Seen['effect'], string> = {
  denies: 'can deny',
  authenticates: 'asks only for a valid token',
  nothing: 'never denies',
  factory: 'makes a guard that nobody calls',
  unknown: 'is not followed',
};

/** Where it is mounted, what stands in front of it, and what decides. */
function pathOf(table: RouteTable, route: Route, guards: readonly Seen[], found: Fault): PathStep[] {
  const step = (each: Seen): PathStep => ({
    location: each.place,
    note: `${each.how} puts ${nameOfGuard(table.run, each)} in front: it ${EFFECTS[each.effect]}`,
  });
  const last: PathStep[] =
    found.verdict === 'conditionalGuard'
      ? [{ location: found.condition.place, note: 'this decides whether the guard is there' }]
      : found.verdict === 'guardTooLate'
        ? [{ location: found.guard.place, note: `${found.guard.how} comes after the route` }]
        : [];
  // What never denies and comes from a package explains nothing.
  const telling = guards.filter((each) => each.effect !== 'nothing' || each.fn.t === 'closure');
  return [...route.mounts, ...telling.slice(-8).map(step), ...last];
}
