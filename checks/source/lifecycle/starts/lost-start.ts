/** What a start opens after a stop that ran meanwhile, and that nothing releases any more. Used by stop-safe. */
import { eachValue } from '../../facts/walk.ts';
import type { Location, PathStep } from '../../../../harness/verdict.ts';
import type { Value } from '../../facts/model.ts';
import { functionKey, type Graph, type Resource, type Site } from '../../graph/graph.ts';
import { holdings, storesIn, type Holding } from './held.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { placesOf, touches } from '../traces/places.ts';
import type { EdgeKind } from '../../graph/flow/program.ts';
import { startOrder } from './start-order.ts';
import { isStarting, subsystemsOf, type Member } from '../subsystems.ts';
import { tracesOf, type Event, type Trace } from '../traces/trace.ts';

export interface LostResource {
  start: Member;
  resource: Resource;
  place: string;
  location: Location;
  path: PathStep[];
}

/** Reported only where it is certain: a signal can come during the start, and nothing makes the stop wait for it. */
export function lostDuringStart(graph: Graph, stop: Member): LostResource[] {
  if (!graph.shutdown.has(functionKey(stop.fn)) || !canComeDuringStart(graph) || exitsAnyway(graph))
    return [];
  const stopTraces = tracesOf(graph, stop.fn);
  const released = new Set(
    stopTraces.flatMap(({ events }) => events.flatMap((each) => (each.e === 'release' ? each.resource : []))),
  );
  const starts = subsystemsOf(graph)
    .siblings(stop)
    .filter((each) => isStarting(each.name) && graph.start.has(functionKey(each.fn)));
  const found = new Map<Resource, LostResource>();
  for (const start of starts) {
    if (waitsFor(graph, start, stopTraces)) continue;
    for (const trace of tracesOf(graph, start.fn))
      for (const resource of released) {
        const lost = found.has(resource)
          ? undefined
          : lostIn(graph, start, stop, trace, stopTraces, resource);
        if (lost) found.set(resource, lost);
      }
  }
  return [...found.values()];
}

function lostIn(
  graph: Graph,
  start: Member,
  stop: Member,
  trace: Trace,
  stopTraces: readonly Trace[],
  resource: Resource,
): LostResource | undefined {
  const { events } = trace;
  if (events.some((each) => each.e === 'release' && each.resource === resource)) return undefined;
  const [held] = holdings(graph, start, trace, resource);
  if (!held || events.slice(0, held.index).some((each) => each.e === 'lock')) return undefined;
  const waited = events.slice(0, held.index).findLastIndex((each) => each.e === 'wait');
  const wait = events[waited];
  if (wait?.e !== 'wait' || looksAfter(graph, events.slice(waited + 1), stopTraces)) return undefined;
  const text = placesOf(graph).text(held.place);
  const location = storeLocation(graph, trace, held) ?? graph.locateCall(resource.site);
  return {
    start,
    resource,
    place: held.place,
    location,
    path: [
      { location: graph.locate(wait.ref.file, wait.at), note: `${graph.nameOf(start.fn)} waits here` },
      {
        location: graph.locate(stop.fn.file, graph.function(stop.fn).at),
        note: `${graph.nameOf(stop.fn)} runs meanwhile and finds nothing in ${text}`,
      },
      { location, note: `the ${resource.row.noun} is kept here, after the stop` },
    ],
  };
}

function storeLocation(graph: Graph, trace: Trace, held: Holding): Location | undefined {
  const event = trace.events[held.index];
  return event?.e === 'store' ? graph.locate(event.ref.file, event.at) : undefined;
}

/** After its wait the start looks at something that the stop sets. */
function looksAfter(graph: Graph, rest: readonly Event[], stopTraces: readonly Trace[]): boolean {
  const set = stopTraces.flatMap((trace) => storesIn(graph, trace).map((each) => each.place));
  return rest.some(
    (each) => each.e === 'check' && [...each.places].some((place) => set.some((one) => touches(one, place))),
  );
}

/** The stop reads the promise that the start keeps. */
function waitsFor(graph: Graph, start: Member, stopTraces: readonly Trace[]): boolean {
  const promises = tracesOf(graph, start.fn).flatMap((trace) =>
    storesIn(graph, trace).flatMap((each) =>
      each.values.some((value) => isPromise(graph, value, each.ref)) ? each.place : [],
    ),
  );
  if (promises.length === 0) return false;
  const places = placesOf(graph);
  return stopTraces.some(({ events }) =>
    events.some((event) => {
      const values =
        event.e === 'wait'
          ? [event.value]
          : event.e === 'step' && event.step.s === 'call'
            ? event.step.call.a
            : [];
      const ref = 'ref' in event ? event.ref : undefined;
      return (
        ref !== undefined &&
        values.some((value) =>
          [...places.readBy(value, ref)].some((one) => promises.some((each) => touches(one, each))),
        )
      );
    }),
  );
}

const isPromise = (graph: Graph, value: Value, ref: { file: number; fn: number }): boolean =>
  graph.valueThings(value, ref).some((each) => each.t === 'promise');

const RUNS: ReadonlySet<EdgeKind> = new Set<EdgeKind>(['call', 'map', 'each', 'executor', 'then']);

/** Somebody hears signals before the starts are over, and does not wait for the starts first. */
function canComeDuringStart(graph: Graph): boolean {
  const { registrations } = startOrder(graph);
  return registrations.some((each) => each.after === undefined) && !shutdownWaits(graph);
}

const waiting = new WeakMap<Graph, boolean>();

/** On the shutdown path something waits for the promise of a call that starts subsystems. */
function shutdownWaits(graph: Graph): boolean {
  const known = waiting.get(graph);
  if (known !== undefined) return known;
  const starting = startingSites(graph);
  const result = graph.program.files.some((file, index) =>
    file.facts.functions.some((fn) => {
      const ref = { file: index, fn: fn.id };
      return (
        (graph.shutdown.has(functionKey(ref)) &&
          lifecycleOf(graph)
            .sitesIn(ref)
            .some((site) => site.call.a.some((value) => isStartPromise(graph, value, site, starting)))) ||
        (graph.shutdown.has(functionKey(ref)) &&
          graph
            .steps(ref)
            .some((step) => step.s === 'wait' && isStartPromise(graph, step.value, ref, starting)))
      );
    }),
  );
  waiting.set(graph, result);
  return result;
}

function isStartPromise(
  graph: Graph,
  value: Value,
  ref: { file: number; fn: number },
  starting: ReadonlySet<number>,
): boolean {
  return [...eachValue(value)].some((each) =>
    graph.valueThings(each, ref).some((thing) => thing.t === 'promise' && starting.has(thing.site)),
  );
}

/** Calls that lead to the start of a subsystem, and keep their promise. */
function startingSites(graph: Graph): Set<number> {
  const holding = new Set<string>();
  const queue = subsystemsOf(graph)
    .members.filter((each) => isStarting(each.name) && graph.start.has(functionKey(each.fn)))
    .map((each) => each.fn);
  for (let next = queue.pop(); next; next = queue.pop()) {
    const key = functionKey(next);
    if (holding.has(key)) continue;
    holding.add(key);
    for (const edge of graph.edgesTo(next)) if (RUNS.has(edge.kind)) queue.push(edge.from);
  }
  return new Set(
    graph.program.sites
      .filter((site) =>
        graph.edgesOf(site).some((edge) => RUNS.has(edge.kind) && holding.has(functionKey(edge.to))),
      )
      .map((site) => site.id),
  );
}

const exiting = new WeakMap<Graph, boolean>();

/** The shutdown ends with an exit: what is opened late ends with the process. */
function exitsAnyway(graph: Graph): boolean {
  const known = exiting.get(graph);
  if (known !== undefined) return known;
  const found = graph.program.sites.some(
    (site) => graph.shutdown.has(functionKey(site)) && isExit(graph, site) && !isLater(graph, site),
  );
  exiting.set(graph, found);
  return found;
}

const isExit = (graph: Graph, site: Site): boolean =>
  graph
    .things(site.callee)
    .some((each) => each.t === 'external' && each.from === 'global' && each.path === 'process.exit');

/** In the callback of a timer: a deadline. */
function isLater(graph: Graph, site: Site): boolean {
  let edge = graph.shutdown.get(functionKey(site));
  for (let depth = 0; edge && depth < 30; depth += 1) {
    if (edge.kind === 'drop' && !graph.program.registrations.has(edge.site)) return true;
    edge = graph.shutdown.get(functionKey(edge.from));
  }
  return false;
}
