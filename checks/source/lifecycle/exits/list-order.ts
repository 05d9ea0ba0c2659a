/** The order of a list, from where it is written out to where a loop goes over it. Used by exit-in-loop. */
import { eachStatement, eachValueIn } from '../../facts/walk.ts';
import type { Statement, Value } from '../../facts/model.ts';
import type { FunctionRef, Graph, Step } from '../../graph/graph.ts';
import { exportedBinding } from '../traces/names.ts';
import { placesOf } from '../traces/places.ts';
import { eachStep } from '../../graph/steps.ts';

/** A list as it is written out, with the function that writes it. */
export interface OrderedList {
  items: readonly Value[];
  ref: FunctionRef;
  isReversed: boolean;
}

type Loop = Statement & { s: 'loop' };

const DEPTH = 12;
const SAME_ORDER = new Set(['filter', 'slice', 'values', 'concat']);
/** Methods that change a list in place. */
export const CHANGES = new Set([
  'push',
  'unshift',
  'splice',
  'sort',
  'reverse',
  'pop',
  'shift',
  'fill',
  'copyWithin',
]);

/** The list that a value goes back to; `undefined` when its order is not known. */
export function orderOf(graph: Graph, value: Value, ref: FunctionRef, depth = 0): OrderedList | undefined {
  if (depth > DEPTH) return undefined;
  const next = (each: Value, of: FunctionRef = ref): OrderedList | undefined =>
    orderOf(graph, each, of, depth + 1);
  if (value.k === 'await') return next(value.v);
  if (value.k === 'array') {
    const [first] = value.items;
    if (value.items.length === 1 && first?.k === 'spread') return next(first.v);
    return value.items.some((each) => each.k === 'spread')
      ? undefined
      : { items: value.items, ref, isReversed: false };
  }
  if (value.k === 'ref') return orderOfBinding(graph, value, ref, next);
  if (value.k === 'member') return orderOfField(graph, value, ref, next);
  if (value.k !== 'call' || value.isNew) return undefined;
  const { f } = value;
  if (f.k === 'member' && (f.p === 'toReversed' || (f.p === 'reverse' && f.o.k === 'array'))) {
    const list = next(f.o);
    return list && { ...list, isReversed: !list.isReversed };
  }
  if (f.k === 'member' && SAME_ORDER.has(f.p) && (f.p === 'filter' || value.a.length === 0)) return next(f.o);
  const target = onlyTarget(graph, value);
  const returned =
    target && [...eachStatement(graph.function(target).body)].filter((each) => each.s === 'return');
  const [only] = returned ?? [];
  return target && returned?.length === 1 && only?.s === 'return' ? next(only.v, target) : undefined;
}

type Next = (value: Value, ref?: FunctionRef) => OrderedList | undefined;

function onlyTarget(graph: Graph, call: Value & { k: 'call' }): FunctionRef | undefined {
  const site = graph.site(call);
  const edges = site ? graph.edgesOf(site) : [];
  const [edge] = edges.filter((each) => each.kind === 'call');
  return edges.length === 1 ? edge?.to : undefined;
}

/** A variable of the function that is given its value once, or a parameter of a function that is called once. */
function orderOfBinding(
  graph: Graph,
  value: Value & { k: 'ref' },
  ref: FunctionRef,
  next: Next,
): OrderedList | undefined {
  if (isChanged(graph, value, ref)) return undefined;
  const position = graph.function(ref).params.findIndex((each) => each.b === value.b && !each.rest);
  if (position >= 0) {
    const edges = graph.edgesTo(ref);
    const [edge] = edges;
    const site = edges.length === 1 && edge?.kind === 'call' ? graph.program.sites[edge.site] : undefined;
    const given = site?.call.a[position];
    return site && given && !site.call.a.some((each) => each.k === 'spread') ? next(given, site) : undefined;
  }
  const owner = ownerOf(graph, value, ref);
  const given = owner ? givenIn(graph, owner.ref, owner.b) : [];
  const [only] = given;
  return given.length === 1 && owner && only?.s === 'let' ? next(only.value, owner.ref) : undefined;
}

/** The function that declares a variable; of an imported one, the module that exports it. */
function ownerOf(
  graph: Graph,
  value: Value & { k: 'ref' },
  ref: FunctionRef,
): { ref: FunctionRef; b: number } | undefined {
  const binding = graph.program.files[ref.file]?.facts.bindings[value.b];
  if (binding?.kind !== 'import') return binding && { ref: { file: ref.file, fn: binding.fn }, b: value.b };
  const target = exportedBinding(graph, ref.file, value.b, 0);
  return target && { ref: { file: target.file, fn: 0 }, b: target.b };
}

/** Where the variable is given a value: in the function that declares it, or in one inside. */
function givenIn(graph: Graph, owner: FunctionRef, b: number): Step[] {
  const functions = graph.program.files[owner.file]?.facts.functions ?? [];
  return functions.flatMap((fn) =>
    [...eachStep(graph.steps({ file: owner.file, fn: fn.id }))].filter(
      (step) =>
        (step.s === 'let' && step.b === b) ||
        (step.s === 'store' && step.target.k === 'ref' && step.target.b === b),
    ),
  );
}

/** A field that is given a list once, or an empty one that a single loop fills. */
function orderOfField(
  graph: Graph,
  value: Value & { k: 'member' },
  ref: FunctionRef,
  next: Next,
): OrderedList | undefined {
  const place = placesOf(graph).of(value, ref);
  const stores = place === undefined ? [] : placesOf(graph).stores(place);
  const [store] = stores;
  if (!store || stores.length !== 1) return undefined;
  if (!isChanged(graph, value, ref)) return next(store.value, store.ref);
  const [push] = changesOf(graph, value, ref);
  const isEmpty = store.value.k === 'array' && store.value.items.length === 0;
  if (!push || changesOf(graph, value, ref).length !== 1 || !isEmpty) return undefined;
  const { f, a } = push.call;
  const loop = loopAround(graph, push, push.call);
  const [item] = a;
  const isItem =
    item?.k === 'ref' &&
    loop?.body.some(
      (each) => each.s === 'let' && each.b === item.b && each.v.k === 'ref' && each.v.b === loop.of?.b,
    );
  return f.k === 'member' && f.p === 'push' && a.length === 1 && loop?.of && isItem
    ? next(loop.of.v, push)
    : undefined;
}

const isChanged = (graph: Graph, value: Value, ref: FunctionRef): boolean =>
  changesOf(graph, value, ref).length > 0;

/** The calls that change a list in place. */
function changesOf(graph: Graph, value: Value, ref: FunctionRef) {
  const place = placesOf(graph).of(value, ref);
  return graph.program.sites.filter((site) => {
    const { f } = site.call;
    return f.k === 'member' && CHANGES.has(f.p) && placesOf(graph).of(f.o, site) === place;
  });
}

/** The innermost `for (... of ...)` of the function that a call stands in. */
export function loopAround(graph: Graph, ref: FunctionRef, call: Value): Loop | undefined {
  const loops = [...eachStatement(graph.function(ref).body)].filter(
    (each): each is Loop => each.s === 'loop' && [...eachValueIn(each.body)].includes(call),
  );
  const inner = loops.at(-1);
  return inner?.of ? inner : undefined;
}
