/**
 * Where values go: places (nodes) hold sets of things, edges carry things from place to place until nothing changes.
 * Independent of order and of calls' context, so it says what a value *can* be. Knows nothing of files or rules.
 */
import { keyOf, type NodeId, type Thing, type ThingId } from './things.ts';

type Listener = (thing: ThingId) => void;

interface Place {
  things: Set<ThingId>;
  to: Set<NodeId>;
  /** Edges that promises do not cross: `await`. */
  toSettled: Set<NodeId>;
  /** The things in the order in which they came: each listener is told of each once. */
  order: ThingId[];
  listeners: { tell: Listener; told: number }[];
}

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
  keepers(thing: ThingId): { owner: ThingId; name: string }[];
  thingsAt(node: NodeId): ReadonlySet<ThingId>;
  /** How many places took no more things because they can hold anything. */
  fullPlaces(): number;
  /** Whether a place, or one that it is filled from, took no more things: what is known to be there is not all. */
  isFull(node: NodeId): boolean;
  /** Runs until nothing changes; false when the step limit was reached first. */
  settle(): boolean;
}

/** Enough for some hundred thousand lines; a program that needs more is answered with what is known by then. */
const STEP_LIMIT = 2_000_000;
/**
 * A place that can hold more than this holds anything, as far as an analysis without types can tell (dynamic members of
 * large libraries): it takes no more, and is counted.
 */
const PLACE_LIMIT = 80;
/** More things than this come from a model that makes things of things. */
const THING_LIMIT = 400_000;

interface State {
  things: Thing[];
  ids: Map<string, ThingId>;
  places: Place[];
  fields: Map<string, NodeId>[];
  queue: [NodeId, ThingId][];
  /** Places that reached their limit. */
  full: Set<NodeId>;
  /** The full places and all that are filled from them; known once nothing changes any more. */
  behindFull?: Set<NodeId>;
}

export function createFlow(): Flow {
  const state: State = { things: [], ids: new Map(), places: [], fields: [], queue: [], full: new Set() };
  const { things, fields } = state;
  return {
    things,
    node: () => addPlace(state),
    intern: (thing) => intern(state, thing),
    add: (at, thing) => put(state, at, intern(state, thing)),
    edge: (from, to) => addEdge(state, from, to),
    settledEdge: (from, to) => addSettledEdge(state, from, to),
    onThing: (at, listener) => {
      const target = placeAt(state, at);
      const added = { tell: listener, told: 0 };
      target.listeners.push(added);
      tell(target, added);
    },
    field: (thing, name) => fieldAt(state, thing, name),
    fieldNames: (thing) =>
      [...(fields[thing] ?? [])].flatMap(([name, at]) => (placeAt(state, at).things.size > 0 ? [name] : [])),
    keepers: (thing) =>
      fields.flatMap((own, owner) =>
        [...own].flatMap(([name, at]) => (placeAt(state, at).things.has(thing) ? [{ owner, name }] : [])),
      ),
    thingsAt: (at) => placeAt(state, at).things,
    settle: () => settle(state),
    fullPlaces: () => state.full.size,
    isFull: (at) => (state.behindFull ??= nodesBehind(state)).has(at),
  };
}

function nodesBehind(state: State): Set<NodeId> {
  const found = new Set(state.full);
  // A set hands out what is added to it while it is walked.
  for (const at of found) {
    const { to, toSettled } = placeAt(state, at);
    for (const next of [...to, ...toSettled]) found.add(next);
  }
  return found;
}

function placeAt(state: State, node: NodeId): Place {
  const found = state.places[node];
  if (!found) throw new Error(`no such node: ${node}`);
  return found;
}

function addPlace(state: State): NodeId {
  return (
    state.places.push({ things: new Set(), to: new Set(), toSettled: new Set(), order: [], listeners: [] }) -
    1
  );
}

function intern(state: State, thing: Thing): ThingId {
  const key = keyOf(thing);
  const known = state.ids.get(key);
  if (known !== undefined) return known;
  const id = state.things.push(thing) - 1;
  state.fields.push(new Map());
  state.ids.set(key, id);
  return id;
}

function fieldAt(state: State, thing: ThingId, name: string): NodeId {
  const own = state.fields[thing];
  if (!own) throw new Error(`no such thing: ${thing}`);
  let found = own.get(name);
  if (found === undefined) own.set(name, (found = addPlace(state)));
  return found;
}

function put(state: State, at: NodeId, thing: ThingId): void {
  const target = placeAt(state, at);
  if (target.things.has(thing)) return;
  if (target.things.size >= PLACE_LIMIT) {
    state.full.add(at);
    return;
  }
  target.things.add(thing);
  target.order.push(thing);
  state.queue.push([at, thing]);
}

function addEdge(state: State, from: NodeId, to: NodeId): void {
  const source = placeAt(state, from);
  if (from === to || source.to.has(to)) return;
  source.to.add(to);
  for (const thing of source.things) put(state, to, thing);
}

function addSettledEdge(state: State, from: NodeId, to: NodeId): void {
  const source = placeAt(state, from);
  if (source.toSettled.has(to)) return;
  source.toSettled.add(to);
  for (const thing of source.things) if (state.things[thing]?.t !== 'promise') put(state, to, thing);
}

function tell(place: Place, listener: { tell: Listener; told: number }): void {
  while (listener.told < place.order.length) {
    const thing = place.order[listener.told];
    listener.told += 1;
    if (thing !== undefined) listener.tell(thing);
  }
}

function settle(state: State): boolean {
  for (let steps = 0; steps < STEP_LIMIT; steps += 1) {
    const next = state.queue.pop();
    if (!next) return true;
    if (state.things.length > THING_LIMIT) return false;
    const [at, thing] = next;
    const source = placeAt(state, at);
    for (const to of source.to) put(state, to, thing);
    if (state.things[thing]?.t !== 'promise') for (const to of source.toSettled) put(state, to, thing);
    for (const each of source.listeners) tell(source, each);
  }
  return false;
}
