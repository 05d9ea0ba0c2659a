/** What becomes of a list after it was written out: put in, put in front, put in by a loop or by calls. Used by the order of lists. */
import { eachStatement, eachValueIn } from '../../facts/walk.ts';
import type { Statement, Value } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';
import { placesOf } from '../traces/places.ts';

/** An item as it is written out, with the function that writes it. */
export interface Item {
  value: Value;
  ref: FunctionRef;
}

/** Finds the items of another list. */
export type Next = (value: Value, ref?: FunctionRef) => Item[] | undefined;

type Loop = Statement & { s: 'loop' };

const MAX_HELPERS = 4;
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

/** Items with lists spread among them. */
export function writtenOut(values: readonly Value[], ref: FunctionRef, next: Next): Item[] | undefined {
  const parts = values.map((value) => (value.k === 'spread' ? next(value.v, ref) : [{ value, ref }]));
  return together(parts);
}

export const together = (parts: readonly (Item[] | undefined)[]): Item[] | undefined =>
  parts.some((each) => each === undefined) ? undefined : parts.flatMap((each) => each ?? []);

export function onlyTarget(graph: Graph, call: Value & { k: 'call' }): FunctionRef | undefined {
  const site = graph.site(call);
  const edges = site ? graph.edgesOf(site) : [];
  const [edge] = edges.filter((each) => each.kind === 'call');
  return edges.length === 1 ? edge?.to : undefined;
}

/** The list when all that changes it in place has been done: in one function and one after the other, or by one call. */
export function changed(
  graph: Graph,
  value: Value,
  ref: FunctionRef,
  list: Item[] | undefined,
  next: Next,
): Item[] | undefined {
  const changes = changesOf(graph, value, ref).sort((a, b) => a.call.start - b.call.start);
  const [first] = changes;
  if (!list || !first) return list;
  const isOneWay = changes.every(
    (each) =>
      functionKey(each) === functionKey(first) && !isInLoop(graph, each) && nameOf(each) !== undefined,
  );
  if (changes.length === 1 && nameOf(first) === 'push') {
    const pushed = pushedByLoop(graph, first, next) ?? pushedByCalls(graph, first);
    if (pushed) return list.length === 0 ? pushed : undefined;
  }
  if (!isOneWay) return undefined;
  return changes.reduce<Item[] | undefined>((before, each) => {
    const added = writtenOut(each.call.a, each, next);
    if (!before || !added) return undefined;
    return nameOf(each) === 'push' ? [...before, ...added] : [...added, ...before];
  }, list);
}

function nameOf({ call: { f } }: Site): 'push' | 'unshift' | undefined {
  return f.k === 'member' && (f.p === 'push' || f.p === 'unshift') ? f.p : undefined;
}

/** A loop over another list puts in each of its items. */
function pushedByLoop(graph: Graph, push: Site, next: Next): Item[] | undefined {
  const [item, ...more] = push.call.a;
  const loop = loopAround(graph, push, push.call);
  const isItem =
    item?.k === 'ref' &&
    loop?.body.some(
      (each) => each.s === 'let' && each.b === item.b && each.v.k === 'ref' && each.v.b === loop.of?.b,
    );
  return loop?.of && isItem && more.length === 0 ? next(loop.of.v, push) : undefined;
}

/** `register(part)` puts in what it is given, by itself or by a helper, and is called for one part after the other. */
function pushedByCalls(graph: Graph, push: Site): Item[] | undefined {
  const [item, ...more] = push.call.a;
  return item && more.length === 0 ? givenByCalls(graph, push, item, 0) : undefined;
}

/** What a parameter is given by the calls of its function, in their order. */
function givenByCalls(graph: Graph, site: Site, item: Value, depth: number): Item[] | undefined {
  const { params } = graph.function(site);
  const position = params.findIndex((each) => item.k === 'ref' && each.b === item.b && !each.rest);
  if (position < 0 || depth > MAX_HELPERS || isInLoop(graph, site)) return undefined;
  const calls = graph.edgesTo(site).flatMap((each) => graph.program.sites[each.site] ?? []);
  calls.sort((a, b) => a.call.end - b.call.end);
  const [first] = calls;
  const isOneWay = calls.every(
    (each) =>
      first &&
      functionKey(each) === functionKey(first) &&
      !isInLoop(graph, each) &&
      onlyTarget(graph, each.call),
  );
  const items = calls.flatMap((call) => {
    const value = call.call.a[position];
    return value && value.k !== 'spread' ? [{ value, ref: call }] : [];
  });
  if (!first || !isOneWay || items.length !== calls.length) return undefined;
  const [only] = items;
  const passed = only && items.length === 1 ? givenByCalls(graph, first, only.value, depth + 1) : undefined;
  return passed ?? items;
}

/** The calls that change a list in place. */
function changesOf(graph: Graph, value: Value, ref: FunctionRef): Site[] {
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

/** The call stands in a loop of its function, of any kind. */
export const isInLoop = (graph: Graph, site: Site): boolean =>
  [...eachStatement(graph.function(site).body)].some(
    (each) => each.s === 'loop' && [...eachValueIn(each.body)].includes(site.call),
  );
