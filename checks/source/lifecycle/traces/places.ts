/**
 * Names for places that outlive a call: a field of an instance, a variable of a module or of an enclosing function.
 * Equal names are one place, whichever function looks at it. Used by the analyses of starts and stops.
 */
import { eachValue, statementValues } from '../../facts/walk.ts';
import type { Value } from '../../facts/model.ts';
import { classAround } from '../../graph/flow/classes.ts';
import { exportedBinding, textOf } from './names.ts';
import { functionKey, type FunctionRef, type Graph } from '../../graph/graph.ts';
import { factsOf } from '../../graph/flow/program.ts';
import { collectStores, type PlaceStore } from './place-stores.ts';
import { eachStep } from '../../graph/steps.ts';
import type { Thing } from '../../graph/flow/things.ts';

export interface Places {
  /** The name of the place that an expression stands for; `undefined` when it may be another one each time. */
  of(value: Value, ref: FunctionRef): string | undefined;
  /** Places that a value depends on, those that getters and predicates of the project look at included. */
  readBy(value: Value, ref: FunctionRef): ReadonlySet<string>;
  /** The function in whose scope the variable at the root of a place lives; `undefined` for fields of instances. */
  scopeOf(place: string): FunctionRef | undefined;
  /** Every store to a place in the program. */
  stores(place: string): readonly PlaceStore[];
  /** The place as the source writes it, for messages. */
  text(place: string): string;
}

const made = new WeakMap<Graph, Places>();

export function placesOf(graph: Graph): Places {
  const known = made.get(graph) ?? createPlaces(graph);
  made.set(graph, known);
  return known;
}

/** One place is the other, or a part of it. */
export const covers = (whole: string, part: string): boolean =>
  part === whole || part.startsWith(`${whole}.`);

/** Two places of which one is part of the other. */
export const touches = (a: string, b: string): boolean => covers(a, b) || covers(b, a);

interface State {
  graph: Graph;
  aliases: Map<number, Map<number, { value: Value; ref: FunctionRef }>>;
  stores: Map<string, PlaceStore[]> | undefined;
  texts: Map<string, string>;
  reads: WeakMap<Value, Set<string>>;
}

function createPlaces(graph: Graph): Places {
  const state: State = {
    graph,
    aliases: new Map(),
    stores: undefined,
    texts: new Map(),
    reads: new WeakMap(),
  };
  return {
    of: (value, ref) => placeOf(state, value, ref, 0),
    readBy: (value, ref) => {
      const known = state.reads.get(value);
      if (known) return known;
      const out = new Set<string>();
      state.reads.set(value, out);
      collectReads(state, value, ref, out, 0);
      return out;
    },
    scopeOf: (place) => {
      const root = /^b(\d+)\.(\d+)/.exec(place);
      if (!root) return undefined;
      const file = Number(root[1]);
      return { file, fn: factsOf(graph.program, file).bindings[Number(root[2])]?.fn ?? 0 };
    },
    stores: (place) =>
      (state.stores ??= collectStores(graph, (value, ref) => placeOf(state, value, ref, 0))).get(place) ?? [],
    text: (place) => state.texts.get(place) ?? place.replace(/^[^.]*\.[^.]*\./, ''),
  };
}

const MAX_DEPTH = 8;

function placeOf(state: State, value: Value, ref: FunctionRef, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const found = findPlace(state, value, ref, depth);
  if (found !== undefined && !state.texts.has(found)) {
    const text = textOf(state.graph, value, ref);
    if (text) state.texts.set(found, text);
  }
  return found;
}

function findPlace(state: State, value: Value, ref: FunctionRef, depth: number): string | undefined {
  switch (value.k) {
    case 'ref':
      return placeOfBinding(state, ref.file, value.b, depth);
    case 'this':
      return thisPlace(state, ref);
    case 'class':
      return `c${ref.file}:${value.id}`;
    case 'global':
      return `g:${value.name}`;
    case 'assign':
      return placeOf(state, value.t, ref, depth + 1);
    case 'member':
    case 'index': {
      const base = basePlace(state, value.o, ref, depth);
      return base === undefined ? undefined : `${base}.${value.k === 'member' ? value.p : '*'}`;
    }
    default:
      return undefined;
  }
}

/** An object of the project is one place, however it is reached. */
function basePlace(state: State, value: Value, ref: FunctionRef, depth: number): string | undefined {
  if (value.k !== 'this') {
    const own = ownThings(state, value, ref);
    const [only] = own;
    if (only && own.length === 1) return thingPlace(state, only);
  }
  return placeOf(state, value, ref, depth + 1);
}

function ownThings(state: State, value: Value, ref: FunctionRef): Thing[] {
  const all = state.graph.valueThings(value, ref);
  const own = all.filter((each) => ['instance', 'object', 'class', 'exports'].includes(each.t));
  return own.length === all.filter((each) => each.t !== 'promise').length ? own : [];
}

function thisPlace(state: State, ref: FunctionRef): string | undefined {
  const cls = classAround(state.graph.program, ref);
  if (cls) return thingPlace(state, { t: 'instance', file: ref.file, cls: cls.id });
  const fact = state.graph.function(ref);
  if (fact.owner && 'object' in fact.owner) return `o${ref.file}:${fact.owner.object}`;
  if (fact.kind === 'arrow' && fact.parent !== undefined)
    return thisPlace(state, { file: ref.file, fn: fact.parent });
  return undefined;
}

/** The name of an object; instances of a class and of its subclasses share their fields, and so the name. */
export function thingPlace(state: Pick<State, 'graph'>, thing: Thing): string | undefined {
  if (thing.t === 'object') return `o${thing.file}:${thing.id}`;
  if (thing.t === 'exports') return `x${thing.file}:`;
  if (thing.t === 'class') return `c${thing.file}:${thing.cls}`;
  if (thing.t !== 'instance') return undefined;
  let { file, cls } = thing;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const fact = factsOf(state.graph.program, file).classes[cls];
    if (!fact?.base) break;
    const base = state.graph
      .valueThings(fact.base, { file, fn: fact.fields })
      .find((each) => each.t === 'class');
    if (base?.t !== 'class' || (base.file === file && base.cls === cls)) break;
    ({ file, cls } = base);
  }
  return `i${file}:${cls}`;
}

function placeOfBinding(state: State, file: number, b: number, depth: number): string | undefined {
  const fact = factsOf(state.graph.program, file).bindings[b];
  if (fact?.kind === 'import') {
    const target = exportedBinding(state.graph, file, b, 0);
    return target ? placeOfBinding(state, target.file, target.b, depth + 1) : `b${file}.${b}`;
  }
  const alias = aliasesIn(state, file).get(b);
  return (alias && placeOf(state, alias.value, alias.ref, depth + 1)) ?? `b${file}.${b}`;
}

/** Variables that are given the value of a place once: `const { timer } = this`. */
function aliasesIn(state: State, file: number): Map<number, { value: Value; ref: FunctionRef }> {
  const known = state.aliases.get(file);
  if (known) return known;
  const found = new Map<number, { value: Value; ref: FunctionRef }>();
  const again = new Set<number>();
  state.aliases.set(file, found);
  for (const fn of factsOf(state.graph.program, file).functions) {
    const ref = { file, fn: fn.id };
    for (const step of eachStep(state.graph.steps(ref))) {
      if (step.s === 'store' && step.target.k === 'ref') again.add(step.target.b);
      else if (step.s === 'let' && isPath(step.value)) {
        if (found.has(step.b)) again.add(step.b);
        found.set(step.b, { value: step.value, ref });
      }
    }
  }
  for (const each of again) found.delete(each);
  return found;
}

const isPath = (value: Value): boolean =>
  value.k === 'this' || (value.k === 'member' && (value.o.k === 'ref' || isPath(value.o)));

function collectReads(state: State, value: Value, ref: FunctionRef, out: Set<string>, depth: number): void {
  if (depth > 3) return;
  for (const each of eachValue(value)) {
    if (each.k === 'member' || each.k === 'ref' || each.k === 'index') {
      const place = placeOf(state, each, ref, 0);
      if (place !== undefined) out.add(place);
      if (each.k === 'member') getterReads(state, each, ref, out, depth);
    } else if (each.k === 'call') {
      const site = state.graph.site(each);
      for (const edge of site ? state.graph.edgesOf(site) : [])
        if (edge.kind === 'call') functionReads(state, edge.to, out, depth);
    }
  }
}

function getterReads(
  state: State,
  value: Value & { k: 'member' },
  ref: FunctionRef,
  out: Set<string>,
  depth: number,
): void {
  for (const getter of gettersOf(state.graph, value, ref)) functionReads(state, getter, out, depth);
}

/** The getters that reading a member runs. */
export function gettersOf(graph: Graph, value: Value & { k: 'member' }, ref: FunctionRef): FunctionRef[] {
  return graph.valueThings(value.o, ref).flatMap((thing) => {
    if (thing.t !== 'instance' && thing.t !== 'class') return [];
    const member = factsOf(graph.program, thing.file).classes[thing.cls]?.members.find(
      (each) => each.name === value.p && each.kind === 'getter',
    );
    return member?.fn === undefined ? [] : [{ file: thing.file, fn: member.fn }];
  });
}

function functionReads(state: State, ref: FunctionRef, out: Set<string>, depth: number): void {
  for (const each of statementValues(state.graph.function(ref).body))
    collectReads(state, each, ref, out, depth + 1);
}

/** Whether a place is of a scope that ends with one of the given functions. */
export function isLocalTo(graph: Graph, place: string, functions: ReadonlySet<string>): boolean {
  const scope = placesOf(graph).scopeOf(place);
  return scope !== undefined && scope.fn !== 0 && functions.has(functionKey(scope));
}
