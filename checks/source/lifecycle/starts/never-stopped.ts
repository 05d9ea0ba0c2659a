/** Subsystems that the start starts, with whether a shutdown reaches their stop. Used by started-is-stopped. */
import { eachStatement, valuesOf } from '../../facts/walk.ts';
import { reachedFrom } from '../crash/crash-handlers.ts';
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';
import { isStopName } from '../lifecycle.ts';
import { unresolvedIn } from '../releases/unresolved.ts';
import { isStarting, subsystemsOf, type Member } from '../subsystems.ts';
import { placesOf } from '../traces/places.ts';
import { eachStep } from '../../graph/steps.ts';
import type { Thing } from '../../graph/flow/things.ts';

export interface Started {
  /** The call that starts it. */
  site: Site;
  start: Member;
  stop: Member;
  /** A call of the stop from elsewhere. */
  caller: Site | undefined;
  is: 'stopped' | 'running' | 'unknown';
  /** A call of the shutdown that may be the stop. */
  unseen: Site | undefined;
}

export function startedSubsystems(graph: Graph): Started[] {
  const byKey = new Map<string, Member[]>();
  for (const each of subsystemsOf(graph).members) byKey.set(each.key, [...(byKey.get(each.key) ?? []), each]);
  return [...byKey.values()].flatMap((members) => judge(graph, members) ?? []);
}

function judge(graph: Graph, members: readonly Member[]): Started | undefined {
  const stops = members.filter((each) => isStopName(each.name) && isOwn(members, each));
  const [stop] = stops;
  const start = members.find(
    (each) => (isStarting(each.name) || isDisposal(stop)) && startSite(graph, each) !== undefined,
  );
  const site = start && startSite(graph, start);
  if (!stop || !start || !site || start === stop) return undefined;
  const refs = stops.map((each) => each.fn);
  const base = { site, start, stop, caller: callerOf(graph, refs), unseen: undefined };
  if (refs.some((each) => graph.shutdown.has(functionKey(each)))) return { ...base, is: 'stopped' };
  // What the catalogue knows is told by resource-released; what goes to others may be stopped by them.
  const reached = reachedFrom(graph, refs);
  if (releasesKnown(graph, reached) || isGivenAway(graph, start.owner)) return undefined;
  if (!reached.some((each) => endsSomething(graph, each))) return undefined;
  const unseen = unresolvedIn(graph, graph.shutdown).find(
    ({ call }) =>
      call.f.k === 'member' && stops.some((each) => call.f.k === 'member' && each.name === call.f.p),
  );
  return unseen ? { ...base, is: 'unknown', unseen } : { ...base, is: 'running' };
}

/** `stop` of the object itself, not of what it is an instance of at another place. */
const isOwn = (members: readonly Member[], stop: Member): boolean =>
  members.every((each) => each.key === stop.key);

const isDisposal = (stop: Member | undefined): boolean => /^@@(async)?[dD]ispose$/.test(stop?.name ?? '');

/** The call in the start that leads to the member. */
function startSite(graph: Graph, member: Member): Site | undefined {
  const key = functionKey(member.fn);
  if (!graph.start.has(key)) return undefined;
  const edges = graph.edgesTo(member.fn).filter((each) => graph.start.has(functionKey(each.from)));
  const [first] = edges.filter((each) => each.kind === 'call' || each.kind === 'each' || each.kind === 'map');
  return first && graph.program.sites[first.site];
}

const callerOf = (graph: Graph, stops: readonly FunctionRef[]): Site | undefined => {
  const [first] = stops.flatMap((each) => graph.edgesTo(each));
  return first && graph.program.sites[first.site];
};

function releasesKnown(graph: Graph, reached: readonly FunctionRef[]): boolean {
  const keys = new Set(reached.map(functionKey));
  return graph.resources.some((each) => each.releases.some((site) => keys.has(functionKey(site))));
}

/** It is an argument of a call into a package. */
function isGivenAway(graph: Graph, owner: Thing): boolean {
  const { program } = graph;
  const id = program.flow.intern(owner);
  return program.sites.some(
    (site) =>
      site.args.some((each) => program.flow.thingsAt(each).has(id)) &&
      graph.edgesOf(site).every((each) => each.kind !== 'call') &&
      graph.things(site.callee).some((each) => each.t === 'external' && each.from !== 'global'),
  );
}

const UNDOES = /^(off|removeListener|removeAllListeners|removeEventListener|unsubscribe|abort|cancel)$/;

/** It stops something of a package, takes a listener off, or sets what a loop looks at. */
function endsSomething(graph: Graph, ref: FunctionRef): boolean {
  for (const step of eachStep(graph.steps(ref))) {
    if (step.s === 'store' && step.value.k === 'constant') {
      const place = placesOf(graph).of(step.target, ref);
      if (place !== undefined && loopPlaces(graph).has(place)) return true;
    }
    const site = step.s === 'call' ? graph.site(step.call) : undefined;
    const name = site?.call.f.k === 'member' ? site.call.f.p : '';
    if (!site || !(isStopName(name) || UNDOES.test(name)) || graph.edgesOf(site).length > 0) continue;
    const isForeign = graph
      .things(site.callee)
      .some((each) => (each.t === 'external' && each.from !== 'global') || each.t === 'method');
    if (isForeign) return true;
  }
  return false;
}

const looked = new WeakMap<Graph, Set<string>>();

/** The places that the conditions of loops in live code read. */
function loopPlaces(graph: Graph): Set<string> {
  const known = looked.get(graph);
  if (known) return known;
  const found = new Set<string>();
  looked.set(graph, found);
  graph.program.files.forEach((file, index) => {
    for (const fn of file.facts.functions) {
      const ref = { file: index, fn: fn.id };
      if (!graph.live.has(functionKey(ref))) continue;
      for (const each of eachStatement(fn.body))
        if (each.s === 'loop' && !each.of)
          for (const head of each.head)
            for (const value of valuesOf(head))
              for (const place of placesOf(graph).readBy(value, ref)) found.add(place);
    }
  });
  return found;
}
