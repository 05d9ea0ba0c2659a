/**
 * Subsystems: objects, classes and modules with functions that start and stop something. Used by the rules about starts
 * and stops.
 */
import { functionKey, type FunctionRef, type Graph } from '../graph/graph.ts';
import { thingPlace } from './traces/places.ts';
import { loadedModules } from '../graph/reach.ts';
import type { Thing, ThingId } from '../graph/flow/things.ts';

export interface Member {
  /** What the function is a member of: an instance of a class, an object, a module's exports. */
  owner: Thing;
  /** Equal for all that share their fields. */
  key: string;
  name: string;
  fn: FunctionRef;
}

export interface Subsystems {
  members: readonly Member[];
  /** The members of which one function is the body. */
  of(fn: FunctionRef): readonly Member[];
  /** Members that share the fields of this key. */
  withKey(key: string): readonly Member[];
  /** Members that share their fields with this one. */
  siblings(member: Member): readonly Member[];
  /** Called by others than the functions beside it: part of what the subsystem offers. */
  isOffered(member: Member): boolean;
}

const START = new Set(
  (
    'start init initialize initialise connect listen open run launch boot bootstrap begin setup activate subscribe ' +
    'schedule resume arm enable poll serve mount spawn up'
  ).split(' '),
);
const STOP = new Set(
  (
    'stop close shutdown dispose destroy end terminate disconnect quit teardown deinit halt cancel unsubscribe ' +
    'deactivate cleanup finish suspend disarm disable down kill exit clear release free uninit'
  ).split(' '),
);

/** The first word of a name: `start` of `startPolling`, `dispose` of `@@dispose`. */
const firstWord = (name: string): string =>
  (/^[@#$_]*([a-z]+|[A-Z][a-z]*)/.exec(name)?.[1] ?? '').toLowerCase();

export const isStarting = (name: string): boolean =>
  START.has(firstWord(name)) || /^(onModuleInit|onApplicationBootstrap|setUp)$/.test(name);
export const isStopping = (name: string): boolean =>
  STOP.has(firstWord(name)) ||
  /^(@@asyncDispose|onModuleDestroy|onApplicationShutdown|beforeApplicationShutdown|shutDown|tearDown)$/.test(
    name,
  );

const made = new WeakMap<Graph, Subsystems>();

export function subsystemsOf(graph: Graph): Subsystems {
  const known = made.get(graph) ?? createSubsystems(graph);
  made.set(graph, known);
  return known;
}

function createSubsystems(graph: Graph): Subsystems {
  const members = collectMembers(graph);
  const byFunction = new Map<string, Member[]>();
  const byKey = new Map<string, Member[]>();
  for (const each of members) {
    push(byFunction, functionKey(each.fn), each);
    push(byKey, each.key, each);
  }
  const loaded = new Set(loadedModules(graph.program, graph.entries));
  const siblings = (member: Member): readonly Member[] => byKey.get(member.key) ?? [];
  return {
    members: members.filter((each) => loaded.has(each.fn.file)),
    of: (fn) => byFunction.get(functionKey(fn)) ?? [],
    withKey: (key) => byKey.get(key) ?? [],
    siblings,
    isOffered: (member) =>
      isOffered(graph, member, new Set(siblings(member).map((each) => functionKey(each.fn)))),
  };
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}

function collectMembers(graph: Graph): Member[] {
  const { flow } = graph.program;
  return flow.things.flatMap((owner, id): Member[] => {
    if (owner.t !== 'instance' && owner.t !== 'object' && owner.t !== 'exports') return [];
    const key = thingPlace({ graph }, owner);
    if (key === undefined) return [];
    return flow
      .fieldNames(id)
      .filter((name) => !/^(\*|rest|@(?!@).*)$/.test(name))
      .flatMap((name) => functionsIn(graph, id, name, owner).map((fn) => ({ owner, key, name, fn })));
  });
}

/** Functions that a member is, those of this object only: what a module exports may live in another. */
function functionsIn(graph: Graph, id: ThingId, name: string, owner: Thing): FunctionRef[] {
  const { flow } = graph.program;
  const file = 'file' in owner ? owner.file : -1;
  return [...flow.thingsAt(flow.field(id, name))].flatMap((each): FunctionRef[] => {
    const thing = flow.things[each];
    if (thing?.t !== 'function' || thing.file !== file) return [];
    return isGetter(graph, thing) ? [] : [{ file: thing.file, fn: thing.fn }];
  });
}

const isGetter = (graph: Graph, ref: FunctionRef): boolean =>
  ['getter', 'setter'].includes(graph.function(ref).kind);

/** Called from elsewhere than its siblings and what they contain; a function that nobody is seen to call is offered. */
function isOffered(graph: Graph, member: Member, siblings: ReadonlySet<string>): boolean {
  if (member.name.startsWith('#')) return false;
  const callers = graph.edgesTo(member.fn).map((each) => each.from);
  const own = functionKey(member.fn);
  const others = callers.filter((each) => functionKey(each) !== own);
  return others.length === 0 || others.some((each) => !isBeside(graph, each, member, siblings));
}

/** The caller is a sibling, a function inside one, the constructor or a field of the same class, or the same module. */
function isBeside(graph: Graph, caller: FunctionRef, member: Member, siblings: ReadonlySet<string>): boolean {
  for (let ref: FunctionRef | undefined = caller; ref; ref = parentOf(graph, ref)) {
    if (siblings.has(functionKey(ref))) return true;
    const fact = graph.function(ref);
    if (fact.owner && 'class' in fact.owner) {
      const key = thingPlace({ graph }, { t: 'instance', file: ref.file, cls: fact.owner.class });
      if (key === member.key) return true;
    }
    if (member.owner.t === 'exports' && fact.kind === 'module' && ref.file === member.fn.file) return true;
  }
  return false;
}

function parentOf(graph: Graph, ref: FunctionRef): FunctionRef | undefined {
  const { parent } = graph.function(ref);
  return parent === undefined ? undefined : { file: ref.file, fn: parent };
}
