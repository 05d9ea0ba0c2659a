/**
 * The order of a list, from where it is written out to where a loop goes over it. Used by exit-in-loop and by the order of
 * a shutdown.
 */
import { eachStatement } from '../../facts/walk.ts';
import type { Value } from '../../facts/model.ts';
import type { FunctionRef, Graph, Step } from '../../graph/graph.ts';
import { exportedBinding } from '../traces/names.ts';
import { placesOf } from '../traces/places.ts';
import { eachStep } from '../../graph/steps.ts';
import { changed, onlyTarget, together, writtenOut, type Item, type Next } from './list-changes.ts';

const DEPTH = 12;
const SAME_ORDER = new Set(['filter', 'slice', 'values', 'concat']);

/** The items of the list that a value goes back to, in its order; `undefined` when that is not known. */
export function orderOf(graph: Graph, value: Value, ref: FunctionRef, depth = 0): Item[] | undefined {
  if (depth > DEPTH) return undefined;
  const next = (each: Value, of: FunctionRef = ref): Item[] | undefined =>
    orderOf(graph, each, of, depth + 1);
  if (value.k === 'await') return next(value.v);
  if (value.k === 'array') return writtenOut(value.items, ref, next);
  if (value.k === 'choice') return orderOfChoice(value.vs, next);
  if (value.k === 'ref') return orderOfBinding(graph, value, ref, next);
  if (value.k === 'member') return orderOfField(graph, value, ref, next);
  if (value.k !== 'call' || value.isNew) return undefined;
  const { f } = value;
  if (f.k === 'member' && (f.p === 'toReversed' || (f.p === 'reverse' && f.o.k === 'array')))
    return next(f.o)?.toReversed();
  if (f.k === 'member' && f.p === 'concat') return joined([f.o, ...value.a], next);
  if (f.k === 'member' && SAME_ORDER.has(f.p) && (f.p === 'filter' || value.a.length === 0)) return next(f.o);
  const target = onlyTarget(graph, value);
  const returned =
    target && [...eachStatement(graph.function(target).body)].filter((each) => each.s === 'return');
  const [only] = returned ?? [];
  return target && returned?.length === 1 && only?.s === 'return' ? next(only.v, target) : undefined;
}

const joined = (lists: readonly Value[], next: Next): Item[] | undefined =>
  together(lists.map((each) => next(each)));

/** `notice ? [notice, ...parts] : parts`: the longest, when all others are it with items left out. */
function orderOfChoice(values: readonly Value[], next: Next): Item[] | undefined {
  const lists = values.map((each) => next(each));
  const longest = lists.reduce((a, b) => (b && (!a || b.length > a.length) ? b : a), undefined);
  return longest && lists.every((each) => each && isPartOf(each, longest)) ? longest : undefined;
}

function isPartOf(part: readonly Item[], whole: readonly Item[]): boolean {
  let from = 0;
  return part.every(({ value }) => {
    const at = whole.findIndex((each, index) => index >= from && each.value === value);
    from = at + 1;
    return at >= 0;
  });
}

/** A variable of the function that is given its value once, or a parameter of a function that is called once. */
function orderOfBinding(
  graph: Graph,
  value: Value & { k: 'ref' },
  ref: FunctionRef,
  next: Next,
): Item[] | undefined {
  const position = graph.function(ref).params.findIndex((each) => each.b === value.b && !each.rest);
  if (position >= 0) {
    const edges = graph.edgesTo(ref);
    const [edge] = edges;
    const site = edges.length === 1 && edge?.kind === 'call' ? graph.program.sites[edge.site] : undefined;
    const given = site?.call.a[position];
    const isPlain = site !== undefined && !site.call.a.some((each) => each.k === 'spread');
    return isPlain && given ? changed(graph, value, ref, next(given, site), next) : undefined;
  }
  const owner = ownerOf(graph, value, ref);
  const given = owner ? givenIn(graph, owner.ref, owner.b) : [];
  const [only] = given;
  return given.length === 1 && owner && only?.s === 'let'
    ? changed(graph, value, ref, next(only.value, owner.ref), next)
    : undefined;
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

/** A field that is given a list once. */
function orderOfField(
  graph: Graph,
  value: Value & { k: 'member' },
  ref: FunctionRef,
  next: Next,
): Item[] | undefined {
  const place = placesOf(graph).of(value, ref);
  const stores = place === undefined ? [] : placesOf(graph).stores(place);
  const [store] = stores;
  return store && stores.length === 1
    ? changed(graph, value, ref, next(store.value, store.ref), next)
    : undefined;
}
