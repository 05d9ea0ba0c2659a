/** Second instances and second starts of one subsystem. Used by started-once. */
import { eachValue, placedValues } from '../../facts/walk.ts';
import type { Value } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';
import {
  isStartedAt,
  sameArguments,
  startedPlace,
  together,
  type Making,
  type Start,
  type StartedSubsystem,
} from './started.ts';
import { startedResources } from './starting.ts';
import { isLoopCall } from './loops.ts';
import { placesOf } from '../traces/places.ts';
import { loadedModules } from '../../graph/reach.ts';
import { eachStep } from '../../graph/steps.ts';
import { isStopping, subsystemsOf } from '../subsystems.ts';
import type { Event } from '../traces/trace.ts';

/** Two places that make the same thing with the same arguments, both of which are started. */
export function secondMaking(
  graph: Graph,
  subsystem: StartedSubsystem,
): { first: Making; second: Making } | undefined {
  const started = subsystem.makings.filter((each) => isStarted(graph, subsystem, each));
  for (const [position, second] of started.entries())
    for (const first of started.slice(0, position))
      if (together(first.enter, second.enter) && sameArguments(graph, first.site, second.site))
        return { first, second };
  return undefined;
}

/** By name, or by way of a list or a parameter, which can be any of them. */
function isStarted(graph: Graph, subsystem: StartedSubsystem, making: Making): boolean {
  const kept = new Set(subsystem.makings.flatMap((each) => each.place ?? []));
  return subsystem.starts.some((start) => {
    if (isStartedAt(making, start)) return true;
    const place = startedPlace(graph, start);
    if (place !== undefined && kept.has(place)) return place === making.place;
    return !subsystem.makings.some((each) => isStartedAt(each, start));
  });
}

/** Two calls that start the same object in one run. */
export function secondStart(
  graph: Graph,
  subsystem: StartedSubsystem,
): { first: Start; second: Start } | undefined {
  const starts = subsystem.starts.filter((each) => counts(graph, each));
  for (const [position, second] of starts.entries())
    for (const first of starts.slice(0, position))
      if (
        first.enter.site.id !== second.enter.site.id &&
        functionKey(first.enter.ref) === functionKey(second.enter.ref) &&
        together(first.enter, second.enter) &&
        isSameObject(graph, subsystem, first, second) &&
        sameArguments(graph, first.enter.site, second.enter.site) &&
        !isStoppedBefore(graph, first, second)
      )
        return { first, second };
  return undefined;
}

/** One list that is started has the same object in it twice. */
export function listedTwice(
  graph: Graph,
  subsystem: StartedSubsystem,
  events: readonly Event[],
): { ref: FunctionRef; at: number } | undefined {
  const kept = new Set(subsystem.makings.flatMap((each) => each.place ?? []));
  // A start of whatever is in a list, or is handed over.
  const [start] = subsystem.starts.filter((each) => !kept.has(startedPlace(graph, each) ?? ''));
  if (!start) return undefined;
  const entered = events.flatMap((each) => (each.e === 'enter' ? each.ref : []));
  const modules = loadedModules(graph.program, graph.entries).map((file): FunctionRef => ({ file, fn: 0 }));
  for (const ref of [...modules, ...entered])
    for (const { value, at } of placedValues(graph.function(ref).body))
      for (const each of eachValue(value))
        if (each.k === 'array' && repeats(graph, each.items, ref, kept)) return { ref, at };
  return undefined;
}

function repeats(
  graph: Graph,
  items: readonly Value[],
  ref: FunctionRef,
  kept: ReadonlySet<string>,
): boolean {
  const found = items.flatMap((each) =>
    each.k === 'ref' || each.k === 'member' ? (placesOf(graph).of(each, ref) ?? []) : [],
  );
  return found.some((place, position) => kept.has(place) && found.indexOf(place) < position);
}

/** Connecting on demand, more than once, is right where it connects once. */
function counts(graph: Graph, start: Start): boolean {
  if (!isCertain(graph, start.enter.site)) return false;
  if (!/^[#_$]*(connect|open|init|setup|subscribe|ensure)/i.test(start.member.name)) return true;
  const own = startedResources(graph).filter(
    (each) => functionKey(each.member.fn) === functionKey(start.member.fn),
  );
  return own.some((each) => each.repeat.how === 'again');
}

/** A call that can start one of several, and is in no loop over all of them: which one it starts is not known. */
function isCertain(graph: Graph, site: Site): boolean {
  const targets = graph.edgesOf(site).filter((each) => each.kind === 'call');
  if (targets.length < 2 || isLoopCall(graph, site)) return true;
  return graph
    .edgesTo({ file: site.file, fn: site.fn })
    .every((each) => each.kind === 'map' || each.kind === 'each');
}

function isSameObject(graph: Graph, subsystem: StartedSubsystem, a: Start, b: Start): boolean {
  if (subsystem.owner.t === 'exports') return true;
  const place = startedPlace(graph, a);
  if (place !== undefined && place === startedPlace(graph, b)) return true;
  const [only, ...others] = subsystem.makings;
  return only !== undefined && others.length === 0 && isMadeOnce(graph, only.site, 0);
}

/** The call runs once: not in a loop, in a function that is called from one place. */
function isMadeOnce(graph: Graph, site: Site, depth: number): boolean {
  if (isLoopCall(graph, site) || depth > 8) return false;
  if (graph.function(site).kind === 'module') return true;
  const edges = graph.edgesTo({ file: site.file, fn: site.fn });
  const [only] = edges;
  if (only === undefined || edges.length > 1 || only.kind !== 'call') return false;
  const caller = graph.program.sites[only.site];
  return caller !== undefined && isMadeOnce(graph, caller, depth + 1);
}

/** The function that starts it the second time has stopped it before: a restart. */
function isStoppedBefore(graph: Graph, first: Start, second: Start): boolean {
  const stops = new Set(
    subsystemsOf(graph)
      .siblings(first.member)
      .filter((each) => isStopping(each.name))
      .map((each) => functionKey(each.fn)),
  );
  for (const step of eachStep(graph.steps(second.enter.site))) {
    const site = step.s === 'call' ? graph.site(step.call) : undefined;
    if (site === second.enter.site) return false;
    if (site && graph.edgesOf(site).some((each) => stops.has(functionKey(each.to)))) return true;
  }
  return false;
}
