/**
 * Asynchronous functions handed to somebody who ignores the promise that they give: timers, emitters, servers, some
 * schedulers. Used by callback-guarded.
 */
import {
  DROPPING_HOSTS,
  DROPPING_METHODS,
  HANDLING_HOSTS,
  HANDLING_OPTIONS,
} from '../../../../harness/resource-catalogue/callback-hosts.ts';
import { factsOf } from '../../graph/flow/program.ts';
import { hasOption } from '../../graph/flow/options.ts';
import type { Thing } from '../../graph/flow/things.ts';
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';
import { eachStep, innerSteps, type Step } from '../../graph/steps.ts';
import { lifecycleOf } from '../lifecycle.ts';
import type { Failing } from '../releases/failing.ts';
import { givesPromise, isChain } from '../releases/waiting.ts';

export interface Dropped {
  /** The call that the callback is handed to. */
  site: Site;
  callback: FunctionRef;
  /** Who ignores what it gives; absent when it is handled. */
  host?: string;
}

export interface Unguarded {
  /** The call of which nobody handles the rejection; absent when the callback itself throws. */
  fails?: Site;
  /** The callback gives its promise to nobody: it is called and left alone in it. */
  floating: boolean;
}

const LISTENERS = new Set(['on', 'once', 'addListener', 'prependListener', 'prependOnceListener']);

/** Callbacks of live code that can give a promise to those who ignore it, and to those who handle it. */
export function droppedCallbacks(graph: Graph): Dropped[] {
  const captures = graph.program.sites.some((site) => hasOption(site, 'captureRejections'));
  return graph.program.sites.flatMap((site): Dropped[] => {
    if (!graph.live.has(functionKey(site))) return [];
    const host = hostOf(graph, site, captures);
    if (host === undefined) return [];
    return graph
      .edgesOf(site)
      .filter((each) => each.kind === 'drop' || each.kind === 'host')
      .map(({ to }) => ({ site, callback: to, ...(host.drops === undefined ? {} : { host: host.drops }) }));
  });
}

/** Who takes the callback; `undefined` for those of whom nothing is known. */
function hostOf(graph: Graph, site: Site, captures: boolean): { drops?: string } | undefined {
  const { f } = site.call;
  for (const each of graph.things(site.callee)) {
    if (each.t !== 'external') continue;
    const name = each.path ? `${each.from} ${each.path}` : each.from;
    const option = HANDLING_OPTIONS[name];
    if (HANDLING_HOSTS.includes(name) || (option !== undefined && hasOption(site, option))) return {};
    if (DROPPING_HOSTS[name] !== undefined) return { drops: DROPPING_HOSTS[name] };
  }
  if (f.k !== 'member' || site.base === undefined || site.call.isNew) return undefined;
  const on = graph.things(site.base).filter((each) => each.t !== 'promise');
  if (LISTENERS.has(f.p) && on.length > 0 && on.every((each) => isEmitter(graph, each, 0)))
    return captures ? {} : { drops: `the emitter (${site.call.text})` };
  const ignores = on.some(
    (each) => (each.t === 'resource' || each.t === 'external') && DROPPING_METHODS[each.from]?.includes(f.p),
  );
  return ignores ? { drops: `${site.call.text}()` } : undefined;
}

/** Something that calls its listeners and ignores what they give. */
function isEmitter(graph: Graph, thing: Thing, depth: number): boolean {
  // A framework has methods of these names that are its own.
  if (thing.t === 'resource') return !/^(fastify|elysia|@hapi\/hapi|moleculer)$/.test(thing.from);
  if (thing.t === 'external') return /^(node:)?events$/.test(thing.from);
  if (thing.t !== 'instance' || depth > 8) return false;
  const fact = factsOf(graph.program, thing.file).classes[thing.cls];
  if (!fact?.base || fact.members.some((member) => LISTENERS.has(member.name))) return false;
  return graph.valueThings(fact.base, { file: thing.file, fn: fact.fields }).some((base) => {
    if (base.t === 'class')
      return isEmitter(graph, { t: 'instance', file: base.file, cls: base.cls }, depth + 1);
    return base.t === 'external' && /^(node:)?events$/.test(base.from);
  });
}

/** What in the callback can reject with nobody to handle it. */
export function unguardedIn(graph: Graph, failing: Failing, callback: FunctionRef): Unguarded | undefined {
  if (givesPromise(graph, callback)) {
    const escape = escapeIn(graph, failing, graph.steps(callback));
    return escape && { ...(escape.call ? { fails: escape.call } : {}), floating: false };
  }
  for (const step of eachStep(graph.steps(callback))) {
    if (step.s !== 'call' || (step.taken !== 'dropped' && step.taken !== 'void')) continue;
    const site = graph.site(step.call);
    if (!site || !lifecycleOf(graph).givesPromise(site) || !isOwn(graph, site)) continue;
    const fates = lifecycleOf(graph).fates(site);
    if ([...fates].every((each) => each === 'dropped') && failing.call(site, true))
      return { fails: site, floating: true };
  }
  return undefined;
}

/**
 * The first failure that leaves the steps. A catch is a guard as long as it does not throw, nor waits for what can fail: that
 * a logger could throw is not held against it.
 */
function escapeIn(graph: Graph, failing: Failing, steps: readonly Step[]): { call?: Site } | undefined {
  for (const step of steps) {
    const found = escapeOf(graph, failing, step);
    if (found) return found;
  }
  return undefined;
}

function escapeOf(graph: Graph, failing: Failing, step: Step): { call?: Site } | undefined {
  if (step.s === 'throw') return {};
  if (step.s === 'guard') {
    if (step.kind === 'chain') return undefined;
    return step.throws ? escapeIn(graph, failing, step.body) : escapeIn(graph, failing, step.handler);
  }
  if (step.s === 'group') return step.how === 'allSettled' ? undefined : escapeIn(graph, failing, step.items);
  if (step.s !== 'call') {
    for (const inner of innerSteps(step)) {
      const found = escapeIn(graph, failing, inner);
      if (found) return found;
    }
    return undefined;
  }
  if (step.taken !== 'awaited' && step.taken !== 'returned') return undefined;
  const site = graph.site(step.call);
  if (!site || isChain(site)) return undefined;
  const own = graph.edgesOf(site).filter((each) => each.kind === 'call');
  // Of what gives no promise, waiting for it fails as calling it does: hardly ever.
  if (own.length > 0 && !lifecycleOf(graph).givesPromise(site)) return undefined;
  return failing.call(site, true) ? { call: site } : undefined;
}

/** A function of the project: of what a package gives, nothing is known without its types. */
const isOwn = (graph: Graph, site: Site): boolean => graph.edgesOf(site).some((each) => each.kind === 'call');

/** A handler of unhandled rejections that goes on: every rejection is heard of, and none ends the process. */
export function goesOnAfterRejections(graph: Graph): boolean {
  return graph.signals
    .filter((each) => each.events.has('unhandledRejection'))
    .some((each) =>
      graph.program.edges
        .filter((edge) => edge.site === each.site)
        .every(({ to }) => !lifecycleOf(graph).sitesIn(to).some(lifecycleOf(graph).exits)),
    );
}
