import type { PathStep } from '../../../harness/verdict.ts';
import { eagerRoots, pathToScheduler, schedulerMakers, type EagerRoot } from '../lifecycle/starts/eager.ts';
import { functionKey, type Graph, type Site } from '../graph/graph.ts';
import { lifecycleOf } from '../lifecycle/lifecycle.ts';
import type { Opening } from '../graph/flow/program.ts';
import { defineRule } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

export default defineRule({
  id: 'scheduler-lazy',
  title: 'no scheduler, job or interval exists before its start is called',
  why: 'A scheduler that is made with its object runs before what it works on is ready, survives a start that failed, and is there twice when the object is made twice.',
  fix: 'keep the scheduler null and make it in start(); stop() releases it and sets it to null again',
  messages: {
    inConstructor:
      '{noun} is made by {callee}() in {where}, before anybody calls a start; keep it null and make it in start()',
    inField:
      '{noun} is made by {callee}() in a field or static block of {where}, before anybody calls a start; initialise the field with null and make it in start()',
    inGetter:
      '{noun} is made by {callee}() in the getter {where}, so looking at it starts it; make it in start() and let the getter only return it',
    atModuleLoad:
      '{noun} is made by {callee}() while {file} is loaded, so importing the module starts it; export a function that makes it and call that from the start',
  },
  check({ graph, examine }) {
    const makers = schedulerMakers(graph);
    const early = new Set<number>();
    const kept = new Set<number>();
    for (const root of eagerRoots(graph))
      for (const site of lifecycleOf(graph).sitesIn(root.ref)) {
        const path = pathToScheduler(graph, site, makers);
        const last = path.at(-1);
        const made = last && makers.get(last.id);
        if (!last || !made || isQuiet(graph, root, made)) continue;
        early.add(last.id);
        // What a helper keeps to itself is one scheduler, however many modules call the helper.
        if (kept.has(last.id)) continue;
        if (path.length > 1 && !isHandedBack(graph, last, made)) kept.add(last.id);
        const place = graph.locateCall(site);
        examine(callSubject(graph, site, place)).fail(
          MESSAGES[root.kind],
          {
            noun: made.row.noun,
            callee: site.call.text,
            where: enclosing(graph, root.ref),
            file: place.file,
          },
          steps(graph, path, made),
        );
      }
    for (const id of makers.keys()) {
      const site = graph.program.sites[id];
      if (site && !early.has(id)) examine(callSubject(graph, site)).pass();
    }
  },
});

const MESSAGES = {
  constructor: 'inConstructor',
  field: 'inField',
  getter: 'inGetter',
  module: 'atModuleLoad',
} as const satisfies Record<EagerRoot['kind'], string>;

/** The function that makes it gives it to its caller. */
function isHandedBack(graph: Graph, site: Site, made: Opening): boolean {
  const returned = graph.program.returns.get(functionKey(site));
  return returned !== undefined && graph.program.flow.thingsAt(returned).has(made.resource);
}

/** The sweep of a cache that lives and dies with its object holds nothing open. */
function isQuiet(graph: Graph, root: EagerRoot, made: Opening): boolean {
  return root.kind !== 'module' && !root.hasStart && graph.program.unrefs.has(made.resource);
}

function steps(graph: Graph, path: readonly Site[], made: Opening): PathStep[] {
  return path.map((site, position) => ({
    location: graph.locateCall(site),
    note:
      position === path.length - 1
        ? `${made.row.noun} made here by ${site.call.text}()`
        : `${site.call.text}() runs here, before any start`,
  }));
}
