/** Waits that are raced against a timer: `Promise.race([stop(), delay(5000)])`, wherever the promise is raced. Used by the deadlines. */
import type { EdgeKind } from '../../graph/flow/program.ts';
import type { Thing } from '../../graph/flow/things.ts';
import type { Value } from '../../facts/model.ts';
import type { FunctionRef, Graph, Site } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import type { Deadline } from './deadlines.ts';
import type { CallMoment, Moment } from './moment.ts';

/** Packages whose one function gives up on a promise after some time. */
export const TIMEOUT_PACKAGES: ReadonlySet<string> = new Set(['p-timeout', 'promise-timeout', 'p-wait-for']);

/** A timer of the platform that calls back. */
export const isTimer = (graph: Graph, site: Site): boolean =>
  graph
    .things(site.callee)
    .some((each) => each.t === 'external' && each.from === 'global' && each.path === 'setTimeout');

/** What a timer of `node:timers/promises` is or gives; `AbortSignal.timeout`. */
export const isPromiseTimer = (thing: Thing): boolean =>
  thing.t === 'external' &&
  (thing.from === 'node:timers/promises' ||
    (thing.from === 'global' && thing.path.startsWith('AbortSignal.timeout')));

/** The races that a wait takes part in, or something around it does. */
export function racesOf(graph: Graph, moments: readonly Moment[], wait: CallMoment): Deadline[] {
  const own = new Set([
    wait.site.id,
    ...wait.chain.map((each) => each.id),
    ...wait.turns.flatMap((each) => each.ends ?? []),
  ]);
  return moments.flatMap((moment): Deadline[] => {
    const { step, site } = moment;
    if (step.s !== 'group' || (step.how !== 'race' && step.how !== 'any') || !site) return [];
    const racing = racers(graph, step.call.a, moment.ref);
    if (!racing.some((each) => each.t === 'promise' && own.has(each.site))) return [];
    const others = racing.filter((each) => !(each.t === 'promise' && own.has(each.site)));
    const timers = others.flatMap((each) => timersBehind(graph, each));
    const isForeign = others.some((each) => each.t === 'external');
    if (timers.length === 0 && !isForeign) return [];
    const [timer] = timers;
    const delay = timer?.call.a[isTimer(graph, timer) ? 1 : 0];
    return [
      { site, how: 'race', moment, ...(timer && delay ? { limit: { value: delay, ref: timer } } : {}) },
    ];
  });
}

/** Everything that can be in the list of a race. */
function racers(graph: Graph, lists: readonly Value[], ref: FunctionRef): Thing[] {
  const { flow } = graph.program;
  return lists.flatMap((list) => {
    const items = list.k === 'array' ? list.items.flatMap((each) => graph.valueThings(each, ref)) : [];
    const kept = graph
      .valueThings(list, ref)
      .flatMap((each) => (each.t === 'array' ? graph.things(flow.field(flow.intern(each), '*')) : []));
    return [...items, ...kept];
  });
}

const RUNS: ReadonlySet<EdgeKind> = new Set<EdgeKind>(['call', 'executor', 'then', 'host']);
const DEPTH = 4;

/** The timers that settle a promise: in its executor, or in the function that makes it. */
function timersBehind(graph: Graph, thing: Thing): Site[] {
  if (thing.t === 'external' && isPromiseTimer(thing))
    return graph.program.sites.filter((site) =>
      graph
        .things(site.callee)
        .some((each) => isPromiseTimer(each) && graph.shutdown.has(`${site.file}.${site.fn}`)),
    );
  const site = thing.t === 'promise' ? graph.program.sites[thing.site] : undefined;
  return site ? timersFrom(graph, site, 0) : [];
}

function timersFrom(graph: Graph, site: Site, depth: number): Site[] {
  if (isTimer(graph, site) || graph.things(site.callee).some(isPromiseTimer)) return [site];
  if (depth > DEPTH) return [];
  return graph
    .edgesOf(site)
    .filter((each) => RUNS.has(each.kind))
    .flatMap((edge) =>
      lifecycleOf(graph)
        .sitesIn(edge.to)
        .flatMap((each) => timersFrom(graph, each, depth + 1)),
    );
}

/** Every race of a release against a timer, each once. */
export function raceDeadlines(graph: Graph, moments: readonly Moment[]): Deadline[] {
  return moments.flatMap((each) =>
    each.site !== undefined && each.released.length > 0 ? racesOf(graph, moments, each as CallMoment) : [],
  );
}
