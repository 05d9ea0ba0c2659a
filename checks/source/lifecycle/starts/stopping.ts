/** Whether a stop fails when there is nothing to stop, or nothing any more. Used by stop-safe. */
import { isNothing } from '../../facts/walk.ts';
import type { Value } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph, type Resource, type Site } from '../../graph/graph.ts';
import type { PlaceStore } from '../traces/place-stores.ts';
import { gettersOf, placesOf, touches } from '../traces/places.ts';
import { isStopName } from '../lifecycle.ts';
import { isStarting, isStopping, subsystemsOf, type Member } from '../subsystems.ts';
import { tracesOf, type Event, type Trace } from '../traces/trace.ts';
import { filledByStart, takenFrom } from './unset.ts';

export type StopFault =
  | {
      fault: 'unset';
      place: string;
      filled: PlaceStore;
      ref: FunctionRef;
      at: number;
      site: Site | undefined;
    }
  | { fault: 'released'; resource: Resource; site: Site }
  | { fault: 'throws'; place: string; ref: FunctionRef; at: number };

/** Functions that stop what a start of the same subsystem began. */
export function stopMembers(graph: Graph): Member[] {
  const subsystems = subsystemsOf(graph);
  return subsystems.members.filter((member) => {
    if (!graph.live.has(functionKey(member.fn)) || !isWholeStop(graph, member)) return false;
    if (!subsystems.isOffered(member)) return false;
    const released = tracesOf(graph, member.fn).some(({ events }) =>
      events.some((each) => each.e === 'release'),
    );
    return released || subsystems.siblings(member).some((each) => isStarting(each.name));
  });
}

/**
 * `stop`, and not `stopSession`, which is part of what an object that is running offers; a module's functions need a
 * longer name, and so do those of an object that has no plain one.
 */
function isWholeStop(graph: Graph, member: Member): boolean {
  if (isStopName(member.name)) return true;
  if (!isStopping(member.name) || graph.function(member.fn).params.length > 0) return false;
  if (!LONGER_STOP.test(member.name)) return false;
  if (member.owner.t === 'exports') return true;
  const plain = subsystemsOf(graph)
    .siblings(member)
    .some((each) => isStopName(each.name));
  return !plain && graph.shutdown.has(functionKey(member.fn));
}

const LONGER_STOP =
  /^[#_$]*(stop|close|shut|dispose|destroy|end|terminate|disconnect|quit|tear|onModuleDestroy|onApplication|before)/;

interface Judging {
  graph: Graph;
  member: Member;
  /** Places that starts and stops of the subsystem set: a condition on one of them knows the state. */
  state: ReadonlySet<string>;
  /** Places that the starts set. */
  started: ReadonlySet<string>;
}

export function stopFaults(graph: Graph, member: Member): StopFault[] {
  const siblings = subsystemsOf(graph).siblings(member);
  const started = storedBy(
    graph,
    siblings.filter((each) => isStarting(each.name)),
  );
  const state = new Set([
    ...started,
    ...storedBy(
      graph,
      siblings.filter((each) => isStopping(each.name)),
    ),
  ]);
  const judging: Judging = { graph, member, state, started };
  const found = new Map<string, StopFault>();
  for (const trace of tracesOf(graph, member.fn))
    for (const each of faultsIn(judging, trace)) {
      const key = each.fault === 'released' ? `r${each.site.id}` : `${each.fault} ${each.place}`;
      if (!found.has(key)) found.set(key, each);
    }
  const all = [...found.values()];
  const unset = new Set(all.flatMap((each) => (each.fault === 'unset' && each.site ? each.site.id : [])));
  // What fails the first time need not be told that it fails the second.
  return all.filter((each) => each.fault !== 'released' || !unset.has(each.site.id));
}

function storedBy(graph: Graph, members: readonly Member[]): Set<string> {
  return new Set(
    members.flatMap((each) =>
      tracesOf(graph, each.fn).flatMap(({ events }) =>
        events.flatMap((event) => (event.e === 'store' && event.place?.includes('.') ? event.place : [])),
      ),
    ),
  );
}

/** What surrounds an event: conditions that hold, tries that catch. */
interface Around {
  checks: Map<number, Event & { e: 'check' }>;
  tries: Set<number>;
}

function faultsIn(judging: Judging, trace: Trace): StopFault[] {
  const around: Around = { checks: new Map(), tries: new Set() };
  const filled = new Set<string>();
  let released = false;
  return trace.events.flatMap((event, index): StopFault[] => {
    if (event.e === 'check') around.checks.set(event.id, event);
    else if (event.e === 'end') around.checks.delete(event.id);
    else if (event.e === 'try') around.tries.add(event.id);
    else if (event.e === 'tried') around.tries.delete(event.id);
    if (event.e === 'store' && event.place && !isNothing(event.value)) filled.add(event.place);
    if (event.e === 'release') released = true;
    if (around.tries.size > 0 || index < trace.from) return [];
    if (event.e === 'step')
      return [...unsetIn(judging, event, around, filled), ...throwingGetters(judging, event, around)];
    if (event.e === 'release') return releasedAgain(judging, trace, event, around);
    if (event.e === 'throw' && !released) return throwsFor(judging, event, around);
    return [];
  });
}

function isAsked(judging: Judging, around: Around, place: string): boolean {
  return [...around.checks.values()].some((check) =>
    [...check.places].some((each) => touches(each, place) || judging.state.has(each)),
  );
}

function stepValues(event: Event & { e: 'step' }): { values: readonly Value[]; at: number } {
  const { step } = event;
  switch (step.s) {
    case 'call':
    case 'group':
      return { values: [step.call.f, ...step.call.a], at: step.call.at };
    case 'wait':
    case 'let':
      return { values: [step.value], at: step.at };
    case 'store':
      return { values: [step.value, step.target], at: step.at };
    default:
      return { values: [], at: 0 };
  }
}

/** A member is taken of what only a start puts there. */
function unsetIn(
  judging: Judging,
  event: Event & { e: 'step' },
  around: Around,
  filled: ReadonlySet<string>,
): StopFault[] {
  const { graph, member } = judging;
  const places = placesOf(graph);
  const { values, at } = stepValues(event);
  return values.flatMap((value) =>
    [...takenFrom(value)].flatMap(({ base, asked }): StopFault[] => {
      const place = places.of(base, event.ref);
      if (place === undefined || filled.has(place) || isAsked(judging, around, place)) return [];
      if (asked.some((each) => [...places.readBy(each, event.ref)].some((one) => touches(one, place))))
        return [];
      const store = filledByStart(graph, member, place);
      if (!store) return [];
      const site = event.step.s === 'call' ? graph.site(event.step.call) : undefined;
      return [{ fault: 'unset', place, filled: store, ref: event.ref, at, site }];
    }),
  );
}

/** A release that fails the second time, of a handle that is neither asked for nor forgotten. */
function releasedAgain(
  judging: Judging,
  trace: Trace,
  event: Event & { e: 'release' },
  around: Around,
): StopFault[] {
  const { resource, site } = event;
  const { f } = site.call;
  if (resource.row.secondRelease === 'safe' || f.k !== 'member' || f.p === 'destroy') return [];
  const place = placesOf(judging.graph).of(f.o, site);
  if (place === undefined || isLocalVariable(judging.graph, place, site, trace)) return [];
  if (isAsked(judging, around, place)) return [];
  const looked = [...placesOf(judging.graph).readBy(f.o, site)];
  const forgotten = trace.events.some(
    ({ e, ...each }) =>
      e === 'store' && 'place' in each && looked.some((one) => each.place && touches(each.place, one)),
  );
  return forgotten ? [] : [{ fault: 'released', resource, site }];
}

/** A variable of the stop itself, of a loop over handles for example: what it is the second time is not known. */
function isLocalVariable(graph: Graph, place: string, ref: FunctionRef, trace: Trace): boolean {
  const scope = placesOf(graph).scopeOf(place);
  return (
    scope !== undefined &&
    scope.fn !== 0 &&
    (trace.functions.has(functionKey(scope)) || functionKey(scope) === functionKey(ref))
  );
}

/** It throws because there is nothing to stop; not when a condition further out has asked already. */
function throwsFor(judging: Judging, event: Event & { e: 'throw' }, around: Around): StopFault[] {
  const all = [...around.checks.values()];
  const checks = all.filter((each) => functionKey(each.ref) === functionKey(event.ref));
  for (const check of checks)
    for (const place of check.places) {
      if (!judging.started.has(place) || !isOwn(judging, place)) continue;
      const asked = all.some((each) => each !== check && each.places.has(place));
      if (!asked) return [{ fault: 'throws', place, ref: event.ref, at: event.at }];
    }
  return [];
}

/** A field of the subsystem, or a variable of its module: not the settings of somebody else. */
function isOwn({ graph, member }: Judging, place: string): boolean {
  const scope = placesOf(graph).scopeOf(place);
  return scope ? scope.file === member.fn.file : place.startsWith(`${member.key}.`);
}

/** `this.connection.close()` where `connection` is a getter that throws when nothing is there. */
function throwingGetters(judging: Judging, event: Event & { e: 'step' }, around: Around): StopFault[] {
  const { graph, state } = judging;
  if ([...around.checks.values()].some((each) => [...each.places].some((place) => state.has(place))))
    return [];
  return stepValues(event).values.flatMap((value) =>
    [...takenFrom(value)].flatMap(({ base }) =>
      base.k !== 'member'
        ? []
        : gettersOf(graph, base, event.ref).flatMap((getter) =>
            tracesOf(graph, getter)
              .flatMap((trace) => faultsIn(judging, trace))
              .filter((each) => each.fault === 'throws'),
          ),
    ),
  );
}
