/**
 * Asynchronous starts and stops that return before their work is done: the callback of a close or a listen that nobody
 * wraps, a promise that is resolved at once, a promise that is dropped. Used by start-awaits-work.
 */
import {
  functionKey,
  type FunctionRef,
  type Graph,
  type Resource,
  type Site,
  type Step,
} from '../../graph/graph.ts';
import { eachStep } from '../../graph/steps.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { isStarting, isStopping, subsystemsOf } from '../subsystems.ts';
import { givesPromise } from '../releases/waiting.ts';

export type Early =
  | { how: 'close' | 'listen'; noun: string; caller: Site }
  /** The executor begins the work and resolves in the same breath. */
  | { how: 'resolved'; noun: string; caller: Site }
  | { how: 'dropped' };

export interface Work {
  site: Site;
  early: Early | undefined;
}

/** The work that a function begins by itself, with how it returns too early; nothing for one that gives no promise. */
export function worksIn(graph: Graph, ref: FunctionRef): Work[] {
  const fact = graph.function(ref);
  if (fact.kind === 'module' || !graph.live.has(functionKey(ref))) return [];
  const caller = waitingCaller(graph, ref);
  const steps = [...eachStep(graph.steps(ref))];
  return lifecycleOf(graph)
    .sitesIn(ref)
    .flatMap((site): Work[] => {
      const step = steps.find((each) => each.s === 'call' && each.call === site.call);
      if (step?.s !== 'call') return [];
      const resource = callbackStyle(graph, site);
      if (resource) return ofCallback(graph, ref, site, step, resource, caller);
      return isDroppedWork(graph, ref, site, step) ? [{ site, early: { how: 'dropped' } }] : [];
    });
}

function ofCallback(
  graph: Graph,
  ref: FunctionRef,
  site: Site,
  step: Step & { s: 'call' },
  { resource, how }: { resource: Resource; how: 'close' | 'listen' },
  caller: Site | undefined,
): Work[] {
  // To await it is await-is-promise's concern.
  if (step.taken === 'awaited' || step.taken === 'chained') return [];
  const executor = graph.edgesTo(ref).find((each) => each.kind === 'executor');
  if (executor) {
    const maker = graph.program.sites[executor.site];
    const resolves = maker && resolvesAtOnce(graph, ref) && !isWaitedFor(graph, ref, site, resource);
    return [
      { site, early: resolves ? { how: 'resolved', noun: resource.row.noun, caller: maker } : undefined },
    ];
  }
  if (!givesPromise(graph, ref)) return [];
  if (!caller) return [{ site, early: undefined }];
  const isDone = isWaitedFor(graph, ref, site, resource) || carriesOn(graph, site, how);
  return [{ site, early: isDone ? undefined : { how, noun: resource.row.noun, caller } }];
}

/** A close or a listen of a resource that says by a callback or an event when it is done. */
function callbackStyle(
  graph: Graph,
  site: Site,
): { resource: Resource; how: 'close' | 'listen' } | undefined {
  const { f } = site.call;
  if (f.k !== 'member') return undefined;
  for (const resource of graph.resources) {
    const { row } = resource;
    if (row.releaseReturns !== 'callback' || row.kind !== 'server') continue;
    if (resource.releases.includes(site) && row.closes.includes(f.p)) {
      if (f.p.startsWith('@@') || row.closesByPromise?.includes(f.p)) continue;
      return { resource, how: 'close' };
    }
    const begun = resource.starts.length > 0 ? resource.starts : [resource.site];
    if (begun.includes(site) && !row.startPromises?.includes(f.p) && !row.opensPromise)
      return { resource, how: 'listen' };
  }
  return undefined;
}

/** Somebody waits for the function, itself or by a function that hands its promise on, and has more to do then. */
function waitingCaller(graph: Graph, ref: FunctionRef, depth = 0): Site | undefined {
  if (depth > CALLER_DEPTH) return undefined;
  for (const edge of graph.edgesTo(ref)) {
    const site = graph.program.sites[edge.site];
    if (!site || edge.kind !== 'call') continue;
    const wait = waitOf(graph, site);
    if (wait === 'more') return site;
    const further = wait === 'last' && givesPromise(graph, site) && waitingCaller(graph, site, depth + 1);
    if (further) return further;
  }
  return undefined;
}

const CALLER_DEPTH = 4;

/** `more`: the call is waited for, and calls follow; `last`: it is the last that the function does. */
function waitOf(graph: Graph, site: Site): 'more' | 'last' | undefined {
  const steps = [...eachStep(graph.steps(site))];
  const at = steps.findIndex((each) => each.s === 'call' && each.call === site.call);
  const step = steps[at];
  if (step?.s !== 'call') return undefined;
  if (step.taken === 'returned') return 'last';
  if (step.taken === 'chained')
    return graph.edgesFrom(site).some((each) => each.kind === 'then') ? 'more' : undefined;
  if (step.taken !== 'awaited') return undefined;
  return steps.slice(at + 1).some((each) => each.s === 'call' || each.s === 'group') ? 'more' : 'last';
}

/** `await once(server, 'close')`, a promise whose executor listens to the resource, a helper that is given it and awaited. */
function isWaitedFor(graph: Graph, ref: FunctionRef, own: Site, resource: Resource): boolean {
  const { flow } = graph.program;
  const mentions = (site: Site): boolean =>
    site !== own &&
    [...site.args, ...(site.base === undefined ? [] : [site.base])].some((each) =>
      flow.thingsAt(each).has(resource.id),
    );
  return lifecycleOf(graph)
    .sitesIn(ref)
    .some((site) => {
      const inside = graph.edgesOf(site).filter((each) => each.kind === 'executor');
      if (inside.length > 0) return inside.some(({ to }) => reaches(graph, to, mentions));
      return mentions(site) && lifecycleOf(graph).givesPromise(site);
    });
}

function reaches(graph: Graph, ref: FunctionRef, holds: (site: Site) => boolean): boolean {
  return lifecycleOf(graph)
    .sitesIn(ref)
    .some(
      (site) =>
        holds(site) || graph.edgesOf(site).some((each) => lifecycleOf(graph).sitesIn(each.to).some(holds)),
    );
}

/** Its callback settles a promise, goes on with the work, or is somebody else's. */
function carriesOn(graph: Graph, site: Site, how: 'close' | 'listen'): boolean {
  return site.call.a.some((each, position) => {
    if (each.k === 'object' || each.k === 'text' || each.k === 'constant') return false;
    // The caller's callback is the caller's concern; what comes first in a listen is the port.
    if (each.k === 'ref' && isParameter(graph, site, each.b)) return how === 'close' || position > 0;
    const things = graph.valueThings(each, site);
    const functions = things.filter((thing) => thing.t === 'function');
    if (things.some((thing) => thing.t === 'resolver')) return true;
    return functions.some((fn) =>
      lifecycleOf(graph)
        .sitesIn(fn)
        .some(
          (inner) =>
            graph.things(inner.callee).some((thing) => thing.t === 'resolver') ||
            graph.edgesOf(inner).length > 0 ||
            lifecycleOf(graph).exits(inner) ||
            lifecycleOf(graph).releases(inner) ||
            inner.call.f.k === 'ref',
        ),
    );
  });
}

const isParameter = (graph: Graph, site: Site, b: number): boolean =>
  graph.program.files[site.file]?.facts.bindings[b]?.kind === 'parameter';

/** The executor itself calls the function that resolves; what it hands over for later is another function. */
function resolvesAtOnce(graph: Graph, ref: FunctionRef): boolean {
  return lifecycleOf(graph)
    .sitesIn(ref)
    .some((site) => graph.things(site.callee).some((each) => each.t === 'resolver'));
}

/**
 * Work of which the promise is dropped, where neither the start nor the shutdown of the program leads: those are
 * start-awaited's and stop-awaited's.
 */
function isDroppedWork(graph: Graph, ref: FunctionRef, site: Site, step: Step & { s: 'call' }): boolean {
  const key = functionKey(ref);
  if (graph.start.has(key) || graph.shutdown.has(key) || !graph.function(ref).isAsync) return false;
  const lifecycle = lifecycleOf(graph);
  if (step.taken !== 'dropped' || !lifecycle.givesPromise(site)) return false;
  if (!(lifecycle.opens(site) || lifecycle.releases(site))) return false;
  const named = subsystemsOf(graph)
    .of(ref)
    .some((each) => isStarting(each.name) || isStopping(each.name));
  return named && [...lifecycle.fates(site)].every((each) => each === 'dropped');
}
