import { compareRoutes } from '../graph/routes/documented.ts';
import { routeTable, shown } from '../graph/routes/route-table.ts';
import { defineRule } from '../rule.ts';

export default defineRule({
  id: 'route-documented',
  title: 'every route is in the OpenAPI document of the repository, and the reverse',
  why: 'A route that no document has is tested and watched by nobody; one that only the document has answers 404 to every client that believes it.',
  fix: 'change the document together with the routes, or have it generated from them',
  needs: ['openapi'],
  messages: {
    notDocumented: '{route} is registered here, and {source} does not describe it; add it to the document',
    notRegistered:
      '{source} describes {route}, and nothing registers it; register the route, or take it out of the document',
  },
  check({ graph, given, examine }) {
    if (!given.openapi) return;
    const { source } = given.openapi;
    const found = compareRoutes(routeTable(graph), given.openapi);
    for (const { route, documented } of found?.routes ?? []) {
      const name = `${route.method} ${shown(route.path)}`;
      const examination = examine({ subject: `${route.place.file} ${name}`, location: route.place });
      if (documented) examination.pass();
      else examination.fail('notDocumented', { route: name, source }, route.mounts);
    }
    for (const { described, registered } of found?.described ?? []) {
      const name = `${described.method} ${described.path}`;
      const location = described.location ?? { file: source, line: 1, column: 1 };
      const examination = examine({ subject: `${source} ${name}`, location });
      if (registered) examination.pass();
      else
        examination.fail('notRegistered', { route: name, source }, [
          { location, note: `${name} is described here` },
        ]);
    }
  },
});
