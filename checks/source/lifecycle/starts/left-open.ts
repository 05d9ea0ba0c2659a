/** What is open already when a later step of a start fails. Used by start-failure-unwinds. */
import {
  functionKey,
  type FunctionRef,
  type Graph,
  type Resource,
  type Site,
  type Step,
} from '../../graph/graph.ts';
import { eachStep } from '../../graph/steps.ts';
import type { EdgeKind } from '../../graph/flow/program.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { begunAt } from '../releases/released.ts';

export interface LeftOpen {
  resource: Resource;
  /** The later call that can fail. */
  failing: Site;
}

const RUNS: ReadonlySet<EdgeKind> = new Set<EdgeKind>(['call', 'map', 'each', 'executor', 'hook']);

interface Walk {
  graph: Graph;
  begun: ReadonlyMap<number, Resource>;
  open: Set<Resource>;
  found: Map<Resource, LeftOpen>;
  running: Set<string>;
}

/** What these steps open without a condition, and that is open when a step behind it fails. */
export function openedBefore(graph: Graph, steps: readonly Step[]): LeftOpen[] {
  const begun = new Map<number, Resource>();
  for (const each of graph.resources)
    if (each.row.keepsProcessAlive && !each.unref && !each.row.connectsOnUse)
      begun.set(begunAt(each).id, each);
  const walk: Walk = { graph, begun, open: new Set(), found: new Map(), running: new Set() };
  follow(walk, steps);
  return [...walk.found.values()];
}

function follow(walk: Walk, steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.s === 'call') call(walk, step);
    else if (step.s === 'group') follow(walk, step.items);
    else if (step.s === 'loop') follow(walk, step.body);
    else if (step.s === 'guard') guarded(walk, step.body, step.throws ? step.handler : undefined);
    else if (step.s === 'finally') guarded(walk, step.body, step.after);
    else if (step.s === 'branch') for (const each of step.branches) conditional(walk, each);
  }
}

/** What is opened on a condition may be there already: it is no loss of this attempt. */
function conditional(walk: Walk, steps: readonly Step[]): void {
  const before = new Set(walk.open);
  follow(walk, steps);
  walk.open = before;
}

/** A failure inside is caught there; `unwinding` runs before it goes on, or is absent when it goes no further. */
function guarded(walk: Walk, steps: readonly Step[], unwinding: readonly Step[] | undefined): void {
  const known = new Map(walk.found);
  follow(walk, steps);
  for (const [resource] of [...walk.found])
    if (!known.has(resource) && (!unwinding || releasesAny(walk.graph, unwinding)))
      walk.found.delete(resource);
}

const releasesAny = (graph: Graph, steps: readonly Step[]): boolean =>
  [...eachStep(steps)].some((each) => {
    const site = each.s === 'call' || each.s === 'group' ? graph.site(each.call) : undefined;
    return site !== undefined && lifecycleOf(graph).releases(site);
  });

function call(walk: Walk, step: Step & { s: 'call' }): void {
  const { graph } = walk;
  const site = graph.site(step.call);
  if (!site) return;
  const waited = step.taken === 'awaited' || step.taken === 'returned' || step.taken === 'chained';
  if (waited && canFail(graph, site))
    for (const resource of walk.open)
      if (!walk.found.has(resource)) walk.found.set(resource, { resource, failing: site });
  for (const each of lifecycleOf(graph).releasedAt(site)) walk.open.delete(each);
  const own = walk.begun.get(site.id);
  if (own) walk.open.add(own);
  for (const edge of graph.edgesOf(site)) {
    const key = functionKey(edge.to);
    if (!RUNS.has(edge.kind) || walk.running.has(key)) continue;
    walk.running.add(key);
    follow(walk, graph.steps(edge.to satisfies FunctionRef));
    walk.running.delete(key);
  }
}

/** A connection that is asked for, or work on one: what fails when the other side is not there. */
function canFail(graph: Graph, site: Site): boolean {
  if (graph.edgesOf(site).some((each) => each.kind === 'call')) return false;
  if (!lifecycleOf(graph).givesPromise(site)) {
    // A query: a method of a client of the catalogue, awaited.
    const owners = site.base === undefined ? [] : graph.things(site.base);
    return owners.length > 0 && owners.every((each) => each.t === 'resource' && each.row.kind !== 'server');
  }
  return graph.resources.some(
    (each) => each.site.id === site.id || each.starts.some((one) => one.id === site.id),
  );
}
