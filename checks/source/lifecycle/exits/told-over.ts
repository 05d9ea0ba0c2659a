/** Whether a wait is for the end of the shutdown: for a promise that nothing but the shutdown resolves. Used by exit-order. */
import { functionKey, type FunctionRef, type Graph, type Site, type Step } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import type { Taken } from '../../graph/steps.ts';
import type { ReadonlyIds } from '../../graph/flow/ids.ts';
import type { NodeId, Thing } from '../../graph/flow/things.ts';

/** What comes behind the step runs only when the shutdown has released everything. */
export function waitsForShutdown(graph: Graph, ref: FunctionRef, step: Step): boolean {
  return isWait(graph, ref, step, ['awaited'], new Set());
}

/** `takings`: in a function whose promise is waited for, what it returns is waited for as well. */
function isWait(
  graph: Graph,
  ref: FunctionRef,
  step: Step,
  takings: readonly Taken[],
  seen: Set<string>,
): boolean {
  if (step.s === 'wait') return isToldByShutdown(graph, graph.valueThings(step.value, ref));
  const site = step.s === 'call' && takings.includes(step.taken) ? graph.site(step.call) : undefined;
  if (!site) return false;
  if (isToldByShutdown(graph, graph.things(site.result))) return true;
  const targets = graph.edgesOf(site).filter((each) => each.kind === 'call');
  return targets.length > 0 && targets.every(({ to }) => waitsInside(graph, to, seen));
}

function waitsInside(graph: Graph, ref: FunctionRef, seen: Set<string>): boolean {
  const key = functionKey(ref);
  if (seen.has(key)) return false;
  const inside = new Set([...seen, key]);
  return graph.steps(ref).some((each) => isWait(graph, ref, each, ['awaited', 'returned'], inside));
}

function isToldByShutdown(graph: Graph, things: readonly Thing[]): boolean {
  const promises = things.filter((each) => each.t === 'promise');
  return promises.length > 0 && promises.every((each) => tellsOfShutdown(graph, each));
}

const told = new WeakMap<Graph, Map<number, boolean>>();

function tellsOfShutdown(graph: Graph, promise: Thing & { t: 'promise' }): boolean {
  const known = told.get(graph) ?? new Map<number, boolean>();
  told.set(graph, known);
  const found = known.get(promise.site) ?? isResolvedLast(graph, promise);
  known.set(promise.site, found);
  return found;
}

interface Resolvers {
  /** Calls of a resolver, and calls that are handed one, with what each resolver resolves. */
  called: { site: Site; resolves: ReadonlyIds }[];
  given: ReadonlyIds[];
}

const resolvers = new WeakMap<Graph, Resolvers>();

/** The few calls of a program that have to do with resolvers, looked for once. */
function resolversOf(graph: Graph): Resolvers {
  const known = resolvers.get(graph);
  if (known) return known;
  const { flow, sites } = graph.program;
  const at = (node: NodeId): ReadonlyIds[] =>
    graph.things(node).flatMap((each) => (each.t === 'resolver' ? [flow.thingsAt(each.result)] : []));
  const found: Resolvers = {
    called: sites.flatMap((site) => at(site.callee).map((resolves) => ({ site, resolves }))),
    given: sites.flatMap((site) => site.args.flatMap(at)),
  };
  resolvers.set(graph, found);
  return found;
}

/** Every call that resolves it is of the shutdown, and the one that the start could come to stands behind its releases. */
function isResolvedLast(graph: Graph, promise: Thing & { t: 'promise' }): boolean {
  const id = graph.program.flow.intern(promise);
  const { called, given } = resolversOf(graph);
  // Given away, it is called by somebody who is not known.
  if (given.some((each) => each.has(id))) return false;
  const calls = called.filter((each) => each.resolves.has(id)).map((each) => each.site);
  const ofShutdown = calls.every((site) => graph.shutdown.has(functionKey(site)));
  return (
    ofShutdown &&
    calls.some((site) => isBehindReleases(graph, site)) &&
    calls.every((site) => isBehindReleases(graph, site) || !graph.start.has(functionKey(site)))
  );
}

function isBehindReleases(graph: Graph, call: Site): boolean {
  const releases = lifecycleOf(graph).sitesIn(call).filter(lifecycleOf(graph).releases);
  return releases.length > 0 && releases.every((each) => each.call.start < call.call.start);
}
