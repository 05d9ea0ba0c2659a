/** Whether a second start opens a second time. Used by start-idempotent and started-once. */
import { eachValue } from '../../facts/walk.ts';
import type { PathStep } from '../../../../harness/verdict.ts';
import { functionKey, type Graph, type Resource, type Site } from '../../graph/graph.ts';
import { holdings, storesIn, type Holding } from './held.ts';
import { isPieceOfWork } from './piece-of-work.ts';
import { isUsing, releasedWhereOpened } from '../releases/holders.ts';
import { isLocalTo, placesOf, touches } from '../traces/places.ts';
import { isStarting, isStopping, subsystemsOf, type Member } from '../subsystems.ts';
import { tracesOf, type Event, type Trace } from '../traces/trace.ts';
import { isUnresolved } from '../releases/unresolved.ts';

export type Repeat =
  | { how: 'once' }
  | { how: 'again'; place: string | undefined }
  | { how: 'race'; place: string; check: Event & { e: 'check' }; wait: Event & { e: 'wait' } }
  | { how: 'unknown'; call: Site };

export interface StartedResource {
  member: Member;
  resource: Resource;
  repeat: Repeat;
}

const made = new WeakMap<Graph, StartedResource[]>();

/** What the starts of the program open and keep, with what a second call of the start does. */
export function startedResources(graph: Graph): StartedResource[] {
  const known = made.get(graph) ?? collect(graph);
  made.set(graph, known);
  return known;
}

function collect(graph: Graph): StartedResource[] {
  const starts = startMembers(graph);
  const others = new Map(starts.map((each) => [functionKey(each.fn), each.key]));
  return starts.flatMap((member) => {
    const traces = tracesOf(graph, member.fn, (to) => {
      const key = others.get(functionKey(to));
      return key === undefined || key === member.key;
    });
    const resources = new Set(
      traces.flatMap(({ events }) => events.flatMap((each) => (each.e === 'open' ? each.resource : []))),
    );
    return [...resources].flatMap((resource): StartedResource[] => {
      const repeat = repeatOf(graph, member, traces, resource);
      if (!repeat || (repeat.how === 'race' && isPieceOfWork(graph, member, repeat.place))) return [];
      return [{ member, resource, repeat }];
    });
  });
}

/** Functions that a subsystem offers and that open what they keep: by name, or because another one releases it. */
export function startMembers(graph: Graph): Member[] {
  const subsystems = subsystemsOf(graph);
  return subsystems.members.filter((member) => {
    if (!graph.live.has(functionKey(member.fn)) || !subsystems.isOffered(member)) return false;
    if (graph.commands.has(functionKey(member.fn))) return false;
    if (isStarting(member.name)) return true;
    return !isStopping(member.name) && graph.start.has(functionKey(member.fn)) && hasRelease(graph, member);
  });
}

/** Another function beside this one releases what this one opens. */
function hasRelease(graph: Graph, member: Member): boolean {
  const siblings = subsystemsOf(graph)
    .siblings(member)
    .filter((each) => isStopping(each.name));
  const called = graph.edgesTo(member.fn).some((each) => each.kind === 'call');
  return (
    called &&
    siblings.some((each) =>
      tracesOf(graph, each.fn).some(({ events }) => events.some((event) => event.e === 'release')),
    )
  );
}

function repeatOf(
  graph: Graph,
  member: Member,
  traces: readonly Trace[],
  resource: Resource,
): Repeat | undefined {
  if (isUsing(graph, resource)) return undefined;
  const ways = traces.flatMap((trace) => {
    const at = trace.events.findIndex(
      (each, index) => index >= trace.from && each.e === 'open' && each.resource === resource,
    );
    return at < 0 ? [] : [{ trace, at, held: holdings(graph, member, trace, resource) }];
  });
  const kept = ways.filter(
    ({ trace, held }) => held.length > 0 || isKeptByNobody(graph, member, trace, resource),
  );
  if (kept.length === 0) return undefined;
  const begun = resource.starts.length === 0 || kept.some(({ trace }) => begins(trace, resource));
  if (!begun) return undefined;
  const results = kept.map(({ trace, at, held }) => repeatIn(graph, member, trace, at, held));
  return (
    results.find((each) => each.how === 'again') ??
    results.find((each) => each.how === 'race') ??
    results.find((each) => each.how === 'unknown') ?? { how: 'once' }
  );
}

const begins = (trace: Trace, resource: Resource): boolean =>
  trace.events.some((each) => each.e === 'begin' && each.resource === resource);

/** A timer or a job whose handle nobody keeps runs on all the same. */
function isKeptByNobody(graph: Graph, member: Member, trace: Trace, resource: Resource): boolean {
  const { row } = resource;
  if (!['timer', 'cron'].includes(row.kind) || resource.unref || releasedWhereOpened(graph, resource))
    return false;
  if (trace.events.some((each) => each.e === 'release' && each.resource === resource)) return false;
  const returned = graph.program.returns.get(functionKey(member.fn));
  const thing = graph.program.flow.things[resource.id];
  return thing === undefined || returned === undefined || !graph.things(returned).includes(thing);
}

function repeatIn(graph: Graph, member: Member, trace: Trace, at: number, held: readonly Holding[]): Repeat {
  const { events } = trace;
  const place = held[0]?.place;
  const checks = checksOf(events, at);
  const judged = checks.flatMap((check) => {
    const claim = claimAfter(graph, trace, check);
    return claim === undefined ? [] : [{ check, claim, wait: waitBetween(events, check, claim.index) }];
  });
  if (judged.some((each) => each.wait === undefined)) return { how: 'once' };
  if (judged.some((each) => isCheckedAgain(events, each.claim))) return { how: 'once' };
  const [race] = judged;
  if (race?.wait) return { how: 'race', place: race.claim.place, check: race.check.event, wait: race.wait };
  if (releasedBefore(events, at)) return { how: 'once' };
  const unseen = checks.flatMap((each) => unresolvedIn(graph, each.event))[0];
  if (unseen) return { how: 'unknown', call: unseen };
  // One for each name that the caller gives.
  const takesName = graph.function(member.fn).params.length > 0;
  if (takesName && held.length > 0 && held.every((each) => each.keyed)) return { how: 'once' };
  return { how: 'again', place };
}

interface ActiveCheck {
  event: Event & { e: 'check' };
  index: number;
}

/** The conditions under which something is opened. */
function checksOf(events: readonly Event[], at: number): ActiveCheck[] {
  const opened = events[at];
  if (opened?.e !== 'open') return [];
  return events.flatMap((event, index) =>
    event.e === 'check' && opened.under.has(event.id) ? [{ event, index }] : [],
  );
}

/** What is looked at is set afterwards, so that the next call sees it. */
function claimAfter(
  graph: Graph,
  trace: Trace,
  check: ActiveCheck,
): { place: string; index: number } | undefined {
  const looked = [...check.event.places].filter(
    (each) => each.includes('.') && !isLocalTo(graph, each, trace.functions),
  );
  const stored = storesIn(graph, trace).find(
    (each) => each.index > check.index && looked.some((place) => touches(place, each.place)),
  );
  const acted = trace.events.findIndex(
    (event, index) => index > check.index && event.e === 'step' && actsOn(graph, event, looked),
  );
  if (stored && (acted < 0 || stored.index <= acted)) return stored;
  const [first] = looked;
  return acted < 0 || first === undefined ? undefined : { place: first, index: acted };
}

/** A call of a method, not of this project, of something that the check looks at: it may change what the check sees. */
function actsOn(graph: Graph, event: Event & { e: 'step' }, looked: readonly string[]): boolean {
  if (event.step.s !== 'call' || event.step.call.f.k !== 'member') return false;
  const { f } = event.step.call;
  const site = graph.site(event.step.call);
  if (!site || graph.edgesOf(site).some((each) => each.kind === 'call')) return false;
  const place = placesOf(graph).of(f.o, event.ref);
  // `machine.is('idle')` and `machine.go()`: the same thing is asked and told.
  return place?.includes('.') === true && looked.some((each) => each.startsWith(`${place}.`));
}

function waitBetween(
  events: readonly Event[],
  check: ActiveCheck,
  until: number,
): (Event & { e: 'wait' }) | undefined {
  if (isLocked(events, check.index)) return undefined;
  return events.slice(check.index, until).find((each) => each.e === 'wait');
}

/** It looks once more right before it sets the place, and gives back what it opened for nothing. */
function isCheckedAgain(events: readonly Event[], claim: { place: string; index: number }): boolean {
  const before = events.slice(0, claim.index);
  const waited = before.findLastIndex((each) => each.e === 'wait');
  return before
    .slice(waited + 1)
    .some((each) => each.e === 'check' && [...each.places].some((place) => touches(place, claim.place)));
}

function isLocked(events: readonly Event[], at: number): boolean {
  let depth = 0;
  for (const event of events.slice(0, at)) {
    if (event.e === 'lock') depth += 1;
    else if (event.e === 'unlock') depth -= 1;
  }
  return depth > 0;
}

const releasedBefore = (events: readonly Event[], at: number): boolean =>
  events.slice(0, at).some((each) => each.e === 'release');

function unresolvedIn(graph: Graph, check: Event & { e: 'check' }): Site[] {
  return [...eachValue(check.condition)].flatMap((each) => {
    const site = each.k === 'call' ? graph.site(each) : undefined;
    return site && isUnresolved(graph, site) ? [site] : [];
  });
}

/** Opened here, by that start, after a check and a wait. */
export function repeatPath(graph: Graph, { member, resource, repeat }: StartedResource): PathStep[] {
  const fact = graph.function(member.fn);
  const start = {
    location: graph.locate(member.fn.file, fact.at),
    note: `${graph.nameOf(member.fn)} can be called again`,
  };
  const opened = {
    location: graph.locateCall(resource.site),
    note: `each call opens ${resource.row.noun} here, with ${resource.site.call.text}()`,
  };
  if (repeat.how !== 'race') return [start, opened];
  const text = placesOf(graph).text(repeat.place);
  const checked = {
    location: graph.locate(repeat.check.ref.file, repeat.check.at),
    note: `${text} is looked at here`,
  };
  const waited = {
    location: graph.locate(repeat.wait.ref.file, repeat.wait.at),
    note: `it waits here; a second call passes the same check meanwhile`,
  };
  return [start, checked, waited, opened];
}
