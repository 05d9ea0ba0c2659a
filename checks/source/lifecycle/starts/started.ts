/** The subsystems that the start of a program starts: where they are made, and where each is started. Used by started-once. */
import { contains } from '../../facts/walk.ts';
import type { Value } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';
import { placesOf, thingPlace } from '../traces/places.ts';
import { loadedModules } from '../../graph/reach.ts';
import { isStarting, isStopping, subsystemsOf, type Member } from '../subsystems.ts';
import { sameFunction } from './same-function.ts';
import { eachStep } from '../../graph/steps.ts';
import { tracesOf, type Event } from '../traces/trace.ts';
import type { Thing } from '../../graph/flow/things.ts';

type Enter = Event & { e: 'enter' };

/** One call of a start, in the order of the program's own start. */
export interface Start {
  member: Member;
  enter: Enter;
  index: number;
}

/** One place that makes an instance. */
export interface Making {
  site: Site;
  enter: Enter;
  /** The variable or field that keeps it. */
  place: string | undefined;
}

export interface StartedSubsystem {
  key: string;
  owner: Thing;
  /** Name of the class, or of the function that makes the object. */
  name: string;
  file: number;
  /** Where it is declared. */
  at: number;
  starts: Start[];
  makings: Making[];
}

/** What happens while the program starts, by entry; nothing of it excludes anything else unless its choices do. */
function startEvents(graph: Graph): readonly Event[] {
  return loadedModules(graph.program, graph.entries).flatMap(
    (file) => tracesOf(graph, { file, fn: 0 })[0]?.events ?? [],
  );
}

export function startedSubsystems(graph: Graph): { all: StartedSubsystem[]; events: readonly Event[] } {
  const events = startEvents(graph);
  const found = new Map<string, StartedSubsystem>();
  events.forEach((event, index) => {
    if (event.e !== 'enter') return;
    for (const member of subsystemsOf(graph).of(event.ref)) {
      if (!isSubsystemStart(graph, member) || !subsystemsOf(graph).isOffered(member)) continue;
      const known = found.get(keyOf(member)) ?? describe(graph, member);
      if (!known) continue;
      found.set(keyOf(member), known);
      if (!known.starts.some((each) => each.enter === event))
        known.starts.push({ member, enter: event, index });
    }
  });
  for (const each of found.values()) each.makings = makingsOf(graph, each, events);
  return { all: [...found.values()], events };
}

/** Functions of a module are subsystems of their own; methods belong to their object. */
const keyOf = (member: Member): string =>
  member.owner.t === 'exports' ? `${member.key}${member.name}` : member.key;

function isSubsystemStart(graph: Graph, member: Member): boolean {
  if (!isStarting(member.name)) return false;
  return subsystemsOf(graph)
    .siblings(member)
    .some((each) => isStopping(each.name));
}

function describe(graph: Graph, member: Member): StartedSubsystem | undefined {
  const { owner, key } = member;
  const base = { key, owner, starts: [], makings: [] };
  if (owner.t === 'instance') {
    const fact = graph.program.files[owner.file]?.facts.classes[owner.cls];
    return fact && { ...base, name: fact.name, file: owner.file, at: fact.at };
  }
  const fact = graph.function(member.fn);
  const { file } = member.fn;
  if (owner.t === 'exports') return { ...base, name: member.name, file, at: fact.at };
  // `createHealing.start`: the function that makes the object gives it its name.
  const [first = ''] = fact.name.split('.');
  return { ...base, name: first, file, at: fact.at };
}

function makingsOf(graph: Graph, subsystem: StartedSubsystem, events: readonly Event[]): Making[] {
  const seen = new Set<number>();
  return events.flatMap((event): Making[] => {
    if (event.e !== 'enter' || seen.has(event.site.id)) return [];
    if (!makes(graph, event.site, event.ref, subsystem)) return [];
    seen.add(event.site.id);
    return [{ site: event.site, enter: event, place: keptIn(graph, event.site) }];
  });
}

function makes(graph: Graph, site: Site, ref: FunctionRef, subsystem: StartedSubsystem): boolean {
  const { owner } = subsystem;
  if (owner.t === 'exports') return false;
  if (owner.t === 'instance')
    return (
      site.call.isNew &&
      graph
        .things(site.result)
        .some((each) => each.t === 'instance' && each.file === owner.file && each.cls === owner.cls)
    );
  if (site.call.isNew || !isMaker(graph, ref, subsystem)) return false;
  // What a maker hands on is made where the maker is called.
  return !(isMaker(graph, site, subsystem) && isReturned(graph, site));
}

/** The function that writes the object literal, or one that returns what such a function gives. */
function isMaker(graph: Graph, ref: FunctionRef, subsystem: StartedSubsystem, depth = 0): boolean {
  const returned = graph.program.returns.get(functionKey(ref));
  if (ref.fn === 0 || depth > 5 || returned === undefined) return false;
  if (!graph.things(returned).some((each) => thingPlace({ graph }, each) === subsystem.key)) return false;
  if (ref.file === subsystem.file && graph.nameOf(ref).split('.')[0] === subsystem.name) return true;
  return [...eachStep(graph.steps(ref))].some((step) => {
    const site = step.s === 'call' && step.taken === 'returned' ? graph.site(step.call) : undefined;
    return (
      site !== undefined &&
      graph
        .edgesOf(site)
        .some((each) => each.kind === 'call' && isMaker(graph, each.to, subsystem, depth + 1))
    );
  });
}

const isReturned = (graph: Graph, site: Site): boolean =>
  [...eachStep(graph.steps(site))].some(
    (step) => step.s === 'call' && step.call === site.call && step.taken === 'returned',
  );

/** The variable or the field into which a call's result goes. */
function keptIn(graph: Graph, site: Site): string | undefined {
  for (const step of eachStep(graph.steps(site))) {
    if (step.s === 'let' && yields(step.value, site.call)) return `b${site.file}.${step.b}`;
    if (step.s === 'store' && yields(step.value, site.call)) return placesOf(graph).of(step.target, site);
  }
  return undefined;
}

/** The value is what the call gives, on one condition or on none. */
function yields(value: Value, call: Value): boolean {
  if (value === call) return true;
  if (value.k === 'choice') return value.vs.some((each) => yields(each, call));
  return (value.k === 'await' || value.k === 'assign') && yields(value.v, call);
}

/** Both can happen in one run: no condition puts them into different branches. */
export function together(a: Enter, b: Enter): boolean {
  return [...a.choices].every(([id, branch]) => (b.choices.get(id) ?? branch) === branch);
}

/** The place of the object whose start is called. */
export function startedPlace(graph: Graph, { enter }: Start): string | undefined {
  const { f } = enter.site.call;
  return f.k === 'member' ? placesOf(graph).of(f.o, enter.site) : undefined;
}

/** The object is made where its start is called: `new Healing().start()`. */
export const isStartedAt = (making: Making, start: Start): boolean =>
  start.enter.site.call.f.k === 'member' && contains(start.enter.site.call.f, making.site.call);

/** Two lists of arguments that say the same. */
export function sameArguments(graph: Graph, a: Site, b: Site): boolean {
  return (
    a.call.a.length === b.call.a.length &&
    a.call.a.every((each, position) => same(graph, each, a, b.call.a[position] ?? { k: 'none' }, b))
  );
}

function same(graph: Graph, a: Value, inA: Site, b: Value, inB: Site): boolean {
  if (a.k !== b.k) return false;
  if (a.k === 'text' && b.k === 'text') return a.t === b.t;
  if (a.k === 'constant' && b.k === 'constant') return a.text === b.text;
  if (a.k === 'none') return true;
  if (a.k === 'object' && b.k === 'object')
    return (
      a.spread.length === 0 &&
      b.spread.length === 0 &&
      a.props.length === b.props.length &&
      a.props.every(([name, value]) => {
        const other = b.props.find(([key]) => key === name);
        return other !== undefined && same(graph, value, inA, other[1], inB);
      })
    );
  if (a.k === 'fn' && b.k === 'fn')
    return sameFunction(graph, { file: inA.file, fn: a.id }, { file: inB.file, fn: b.id });
  if (a.k === 'ref' || a.k === 'member' || a.k === 'global') {
    const place = placesOf(graph).of(a, inA);
    return place !== undefined && place === placesOf(graph).of(b, inB);
  }
  return false;
}
