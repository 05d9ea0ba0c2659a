import { openedAtImport, openedAtOnce } from '../lifecycle/starts/opened-at-import.ts';
import { begunAt } from '../lifecycle/releases/released.ts';
import { defineRule } from '../rule.ts';
import { callSubject } from '../subject.ts';

export default defineRule({
  id: 'import-is-inert',
  title: 'to import a module opens nothing',
  why: 'What a module opens while it is loaded is open before the configuration is checked and before anybody can handle its failure; every test and every script that imports it connects too, and does not end.',
  fix: 'export a function (or a class with start and stop) that opens it, and call that from the start of the program; or make the client so that it connects when it is first used',
  messages: {
    opensAtImport:
      '{noun} is opened by {callee}() while {file} is loaded: whoever imports the module opens it; export a function that does and call that from the start',
    startsAtImport:
      '{callee}() runs while {file} is loaded and opens {noun} (in {opener}): whoever imports the module opens it; call it from the start',
  },
  check({ graph, examine }) {
    const resources = openedAtOnce(graph);
    const early = openedAtImport(graph, resources);
    for (const { resource, path } of early) {
      const [first] = path;
      const last = path.at(-1);
      if (!first || !last) continue;
      const location = graph.locateCall(first);
      const data = {
        noun: resource.row.noun,
        callee: first.call.text,
        file: location.file,
        opener: last.call.text,
      };
      examine(callSubject(graph, first)).fail(
        path.length === 1 ? 'opensAtImport' : 'startsAtImport',
        data,
        path.map((site) => ({
          location: graph.locateCall(site),
          note: site === last ? `${resource.row.noun} opened here` : `${site.call.text}() runs at import`,
        })),
      );
    }
    const reported = new Set(early.map((each) => each.resource));
    for (const each of resources) if (!reported.has(each)) examine(callSubject(graph, begunAt(each))).pass();
  },
});
