import { functionKey, type Graph } from '../graph/graph.ts';
import { dependencyOf, healthRoutes, type Dependency, type HealthRoute } from '../graph/routes/health.ts';
import { routeTable, shown } from '../graph/routes/route-table.ts';
import { defineRule, type Examine } from '../rule.ts';

type MessageId = 'asksDependency' | 'sameAsReadiness';

export default defineRule<MessageId>({
  id: 'health-independent',
  title: 'liveness asks nothing but the process itself, and readiness is another route',
  why: 'A liveness that asks the database restarts every instance when the database is slow: one outage becomes two.',
  fix: 'answer liveness with a constant; ask the dependencies in readiness, which takes an instance out of traffic and does not restart it',
  messages: {
    asksDependency:
      '{route} says whether the process lives, and asks the {noun} for it ({callee}()); answer without it, and ask it in the readiness route',
    sameAsReadiness:
      '{route} is answered by the same function as {ready}, so a process that is not ready counts as dead; answer liveness by itself',
  },
  check({ graph, examine }) {
    const { lives, ready } = healthRoutes(routeTable(graph));
    for (const each of lives) judge(graph, examine, each, ready);
  },
});

function judge(
  graph: Graph,
  examine: Examine<MessageId>,
  { route, handlers }: HealthRoute,
  ready: readonly HealthRoute[],
): void {
  const name = `${route.method} ${shown(route.path)}`;
  const examination = examine({ subject: `${route.place.file} ${name}`, location: route.place });
  const [asked] = handlers.flatMap((each) => dependencyOf(graph, each) ?? []);
  const own = new Set(handlers.map(functionKey));
  const same = ready.find((each) => each.handlers.some((one) => own.has(functionKey(one))));
  if (asked)
    examination.fail('asksDependency', { route: name, noun: asked.noun, callee: asked.site.call.text }, [
      ...route.mounts.slice(-1),
      ...pathTo(graph, asked),
    ]);
  else if (same) {
    const other = `${same.route.method} ${shown(same.route.path)}`;
    examination.fail('sameAsReadiness', { route: name, ready: other }, [
      ...route.mounts.slice(-1),
      { location: same.route.place, note: `${other} is registered here` },
    ]);
  } else if (handlers.length === 0) examination.unknown(`the function that answers ${name} is not followed`);
  else examination.pass();
}

function pathTo(graph: Graph, { site, noun, by }: Dependency) {
  return [
    ...by.map((each) => ({ location: graph.locateCall(each), note: `${each.call.text}() leads there` })),
    { location: graph.locateCall(site), note: `${site.call.text}() asks the ${noun}` },
  ];
}
