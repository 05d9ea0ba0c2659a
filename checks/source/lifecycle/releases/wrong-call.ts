/** Calls that look like a release and are none, and handles that each run of the code replaces. Used by resource-released. */
import { classAround } from '../../graph/flow/classes.ts';
import type { Graph, Resource, Site } from '../../graph/graph.ts';
import { functionKey } from '../../graph/graph.ts';
import { eachStep } from '../../graph/steps.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { placeOf } from './holders.ts';
import { isLatched } from './latched.ts';
import { repeatedIn } from './repeated.ts';

/** `redis.shutdown()`: the call that is made instead, and what it does. */
export function wrongCall(graph: Graph, resource: Resource): { site: Site; does: string } | undefined {
  const { notClosedBy } = resource.row;
  if (!notClosedBy) return undefined;
  for (const site of graph.program.sites) {
    const { f } = site.call;
    const does = f.k === 'member' ? notClosedBy[f.p] : undefined;
    if (does === undefined || !graph.live.has(functionKey(site))) continue;
    const isOn = graph.things(site.callee).some((each) => each.t === 'method' && each.of === resource.id);
    if (isOn) return { site, does };
  }
  return undefined;
}

/** Code that runs again and again writes the next handle over the last one, and releases nothing. */
export function isReplacedEachTime(graph: Graph, resource: Resource): boolean {
  const { site } = resource;
  if (!repeatedIn(graph).has(site) || isLatched(graph, site)) return false;
  const steps = [...eachStep(graph.steps(site))];
  const stores = steps.some(
    (step) =>
      step.s === 'store' &&
      step.plain &&
      step.value.k === 'call' &&
      graph.site(step.value)?.id === site.id &&
      isLasting(graph, step.target, resource),
  );
  if (!stores) return false;
  return !lifecycleOf(graph).sitesIn(site).some(lifecycleOf(graph).releases);
}

/** A field or a variable of a module: what is there stays when the run is over. */
function isLasting(graph: Graph, target: Parameters<typeof placeOf>[0], { site }: Resource): boolean {
  if (target.k === 'ref') return graph.program.files[site.file]?.facts.bindings[target.b]?.fn === 0;
  if (target.k !== 'member' || placeOf(target) === undefined) return false;
  return !(target.o.k === 'this' && isMadeEachTime(graph, site));
}

/** Each run makes an object of the class for itself: `new Session(socket)` in the handler of a connection. */
function isMadeEachTime(graph: Graph, site: Site): boolean {
  const cls = classAround(graph.program, site);
  if (!cls) return false;
  return graph.program.sites.some(
    (each) =>
      each.call.isNew &&
      repeatedIn(graph).has(each) &&
      graph
        .things(each.result)
        .some((thing) => thing.t === 'instance' && thing.file === site.file && thing.cls === cls.id),
  );
}
