/**
 * Where values go: places (nodes) hold sets of things, edges carry things from place to place until nothing changes.
 * Independent of order and of calls' context, so it says what a value *can* be. Knows nothing of files or rules.
 */
import { Ids, type ReadonlyIds } from './ids.ts';
import { incoming, type Edge, type Incoming } from './incoming.ts';
import { ThingTable } from './thing-table.ts';
import type { NodeId, Thing, ThingId } from './things.ts';

type Listener = (thing: ThingId) => void;

export interface Flow {
  /** All things; the index is the id. */
  things: Thing[];
  node(): NodeId;
  intern(thing: Thing): ThingId;
  add(node: NodeId, thing: Thing): void;
  edge(from: NodeId, to: NodeId): void;
  /** An edge that leaves the promise behind and carries what it stands for. */
  settledEdge(from: NodeId, to: NodeId): void;
  /** Called once for each thing that is or comes to be at the node. */
  onThing(node: NodeId, listener: Listener): void;
  /** The place of a field of a thing. */
  field(thing: ThingId, name: string): NodeId;
  /** Names of the fields that hold something. */
  fieldNames(thing: ThingId): string[];
  /** Names of the fields in which a thing is kept, with the thing that has the field. */
  keepers(thing: ThingId): readonly Keeper[];
  thingsAt(node: NodeId): ReadonlyIds;
  /** How many places took no more things because they can hold anything. */
  fullPlaces(): number;
  /** Whether a thing came to a full place: what becomes of it there is not known. */
  isRefused(thing: ThingId): boolean;
  /** Whether a place, or one that it is filled from, took no more things: what is known to be there is not all. */
  isFull(node: NodeId): boolean;
  /** Where things come from, with edges of the caller's own among those of the flow. */
  incoming(more: readonly Edge[]): Incoming;
  /** Nothing will move any more: what only moving needs is let go. */
  freeze(): void;
  /** Runs until nothing changes; false when a limit was reached first. */
  settle(): boolean;
}

export interface Keeper {
  owner: ThingId;
  name: string;
}

/**
 * A place that can hold more than this holds anything, as far as an analysis without types can tell (dynamic members of
 * large libraries): it takes no more, and is counted.
 */
const PLACE_LIMIT = 80;
/**
 * What is followed at most: a thing that comes to a place is a step. A program of half a million lines needs some five
 * million; one that needs more is answered with what is known by then, within the memory that this bounds.
 */
const STEP_LIMIT = 12_000_000;
/** More things than this come from a model that makes things of things. */
const THING_LIMIT = 2_500_000;

/** The place of all values that never hold a thing: numbers, most texts. Nothing comes there, and nothing comes from there. */
export const NOWHERE: NodeId = 0;

/** By place, in arrays of their own: most places have neither edges nor listeners, and pay nothing for them. */
interface State {
  table: ThingTable;
  things: (Ids | undefined)[];
  to: (Ids | undefined)[];
  /** Edges that promises do not cross: `await`. */
  toSettled: (Ids | undefined)[];
  listeners: ({ tell: Listener; told: number }[] | undefined)[];
  fields: (Map<string, NodeId> | undefined)[];
  /** What came to a place and was not carried on yet: place and thing in turn. */
  queue: number[];
  steps: number;
  /** Places that reached their limit. */
  full: Set<NodeId>;
  /** Things that a full place did not take. */
  refused: Set<ThingId>;
  /** The full places and all that are filled from them; known once nothing changes any more. */
  behindFull?: Set<NodeId>;
  keepers?: Map<ThingId, Keeper[]> | undefined;
}

export function createFlow(): Flow {
  const state: State = {
    table: new ThingTable(),
    things: [],
    to: [],
    toSettled: [],
    listeners: [],
    fields: [],
    queue: [],
    steps: 0,
    full: new Set(),
    refused: new Set(),
  };
  const { table } = state;
  addPlace(state);
  return {
    things: table.things,
    node: () => addPlace(state),
    intern: (thing) => table.intern(thing),
    add: (at, thing) => put(state, at, table.intern(thing)),
    edge: (from, to) => addEdge(state, from, to),
    settledEdge: (from, to) => addSettledEdge(state, from, to),
    onThing: (at, listener) => {
      if (at === NOWHERE) return;
      const added = { tell: listener, told: 0 };
      (state.listeners[at] ??= []).push(added);
      tell(state.things[at], added);
    },
    field: (thing, name) => fieldAt(state, thing, name),
    fieldNames: (thing) =>
      [...(state.fields[thing] ?? [])].flatMap(([name, at]) =>
        (state.things[at]?.size ?? 0) > 0 ? [name] : [],
      ),
    keepers: (thing) => (state.keepers ??= indexKeepers(state)).get(thing) ?? [],
    thingsAt: (at) => (state.things[at] ??= new Ids()),
    incoming: (more) => incoming([state.to, state.toSettled], state.things.length, more),
    freeze: () => {
      state.listeners = [];
      state.queue = [];
    },
    settle: () => settle(state),
    fullPlaces: () => state.full.size,
    isRefused: (thing) => state.refused.has(thing),
    isFull: (at) => (state.behindFull ??= nodesBehind(state)).has(at),
  };
}

function nodesBehind({ full, to, toSettled }: State): Set<NodeId> {
  const found = new Set(full);
  // A set hands out what is added to it while it is walked.
  for (const at of found) {
    for (const next of to[at] ?? []) found.add(next);
    for (const next of toSettled[at] ?? []) found.add(next);
  }
  return found;
}

function indexKeepers(state: State): Map<ThingId, Keeper[]> {
  const found = new Map<ThingId, Keeper[]>();
  state.fields.forEach((own, owner) => {
    for (const [name, at] of own ?? [])
      for (const thing of state.things[at] ?? []) {
        const known = found.get(thing);
        if (known) known.push({ owner, name });
        else found.set(thing, [{ owner, name }]);
      }
  });
  return found;
}

/** All arrays grow together: a place that an array does not have yet would turn it into a slow one. */
function addPlace(state: State): NodeId {
  state.to.push(undefined);
  state.toSettled.push(undefined);
  state.listeners.push(undefined);
  return state.things.push(undefined) - 1;
}

function fieldAt(state: State, thing: ThingId, name: string): NodeId {
  while (state.fields.length < state.table.things.length) state.fields.push(undefined);
  const own = (state.fields[thing] ??= new Map<string, NodeId>());
  let found = own.get(name);
  if (found === undefined) own.set(name, (found = addPlace(state)));
  return found;
}

function put(state: State, at: NodeId, thing: ThingId): void {
  if (at === NOWHERE) return;
  const known = (state.things[at] ??= new Ids());
  if (known.has(thing)) return;
  if (known.isClosed || known.size >= PLACE_LIMIT) {
    known.isClosed = true;
    state.full.add(at);
    state.refused.add(thing);
    return;
  }
  known.add(thing);
  state.queue.push(at, thing);
  state.keepers = undefined;
}

function addEdge(state: State, from: NodeId, to: NodeId): void {
  if (from === to || from === NOWHERE || !(state.to[from] ??= new Ids()).add(to)) return;
  for (const thing of state.things[from] ?? []) put(state, to, thing);
}

function addSettledEdge(state: State, from: NodeId, to: NodeId): void {
  if (from === NOWHERE || !(state.toSettled[from] ??= new Ids()).add(to)) return;
  for (const thing of state.things[from] ?? [])
    if (state.table.things[thing]?.t !== 'promise') put(state, to, thing);
}

function tell(things: Ids | undefined, listener: { tell: Listener; told: number }): void {
  if (things === undefined) return;
  while (listener.told < things.list.length) {
    const thing = things.list[listener.told];
    listener.told += 1;
    if (thing !== undefined) listener.tell(thing);
  }
}

function settle(state: State): boolean {
  const { queue, table } = state;
  for (;;) {
    const thing = queue.pop();
    const at = queue.pop();
    if (thing === undefined || at === undefined) return true;
    state.steps += 1;
    if (state.steps > STEP_LIMIT || table.things.length > THING_LIMIT) return false;
    const to = state.to[at]?.list ?? [];
    for (let index = 0; index < to.length; index += 1) put(state, to[index] ?? at, thing);
    if (table.things[thing]?.t !== 'promise')
      for (const each of state.toSettled[at] ?? []) put(state, each, thing);
    const listeners = state.listeners[at];
    if (listeners) for (const each of listeners) tell(state.things[at], each);
  }
}
