/** Hooks that a framework runs when it is closed, of an application that nothing closes. Used by started-is-stopped and resource-released. */
import { reachedFrom } from '../crash/crash-handlers.ts';
import { functionKey, type FunctionRef, type Graph, type Resource, type Site } from '../../graph/graph.ts';
import type { ThingId } from '../../graph/flow/things.ts';

export interface ClosingHooks {
  application: ThingId;
  noun: string;
  /** NestJS: a call can make the framework run them on a signal. */
  makesModules: boolean;
  site: Site;
  hooks: FunctionRef[];
  /** A shutdown, or a helper, closes the application. */
  run: boolean;
}

const made = new WeakMap<Graph, ClosingHooks[]>();

/** The applications of frameworks that have such hooks. */
export function closingHooks(graph: Graph): readonly ClosingHooks[] {
  const known = made.get(graph) ?? collect(graph);
  made.set(graph, known);
  return known;
}

function collect(graph: Graph): ClosingHooks[] {
  const { program } = graph;
  const { flow } = program;
  return program.openings.flatMap(({ site: id, row, resource }): ClosingHooks[] => {
    const site = program.sites[id];
    if (!site || !graph.live.has(functionKey(site)) || !(row.makesModules || row.hooks)) return [];
    const hooks = graph
      .things(flow.field(resource, '@close'))
      .flatMap((each) => (each.t === 'function' ? [{ file: each.file, fn: each.fn }] : []))
      .filter((each) => graph.function(each).body.length > 0);
    if (hooks.length === 0) return [];
    const run =
      program.handedOver.get(resource) === 'helper' ||
      program.releases.some((each) => each.resource === resource && isReached(graph, each.site));
    const makesModules = row.makesModules === true;
    return [{ application: resource, noun: row.noun, makesModules, site, hooks, run }];
  });
}

function isReached(graph: Graph, id: number): boolean {
  const site = graph.program.sites[id];
  return site !== undefined && graph.shutdown.has(functionKey(site));
}

/** What releases the resource, or the application itself, is such a hook: that nothing runs it is told once, for the application. */
export function isOfDeadHook(graph: Graph, resource: Resource): boolean {
  if (resource.releases.some((each) => graph.shutdown.has(functionKey(each)))) return false;
  return closingHooks(graph).some((each) => {
    if (each.run) return false;
    if (each.application === resource.id) return each.makesModules;
    const reached = new Set(reachedFrom(graph, each.hooks).map(functionKey));
    return resource.releases.some((release) => reached.has(functionKey(release)));
  });
}
