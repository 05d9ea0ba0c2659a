/**
 * How the things lie to each other that one call runs or releases, when it is made on the items of a list. Used by the
 * calls of the sequence.
 */
import type { CallEdge } from '../../graph/flow/program.ts';
import type { Thing } from '../../graph/flow/things.ts';
import { classAround } from '../../graph/flow/classes.ts';
import type { Value } from '../../facts/model.ts';
import type { FunctionRef, Graph, Resource, Site } from '../../graph/graph.ts';
import { isInLoop, loopAround } from '../exits/list-changes.ts';
import { orderOf } from '../exits/list-order.ts';
import { actualThings, type Callers } from './actual.ts';
import type { Turn } from './moment.ts';

/** A list that is gone over, and whether the next item waits for the one before. */
export interface Items {
  list: Value;
  ref: FunctionRef;
  how: 'series' | 'parallel';
  /** It is gone over more than once: it may be another list each time, with other items. */
  isRepeated: boolean;
  /** The calls that were under way when it was come to. */
  callers: Callers;
}

/** How several things lie to each other, and where each stands when they have an order. */
export interface Arrangement {
  how: Turn['how'];
  positions?: readonly number[];
  /** They are in one list as far as can be told: what has chosen its items is not known. */
  isUnsure?: true;
}

/** The list whose items a call is made on: that of the loop around it, or of the array method that runs its function. */
export function itemsAround(
  graph: Graph,
  site: Site,
  outer: Items | undefined,
  callers: Callers,
): Items | undefined {
  const loop = loopAround(graph, site, site.call);
  return loop?.of ? { list: loop.of.v, ref: site, how: 'series', isRepeated: false, callers } : outer;
}

/** The items of a list that is gone over by an array method. */
export function itemsOf(
  graph: Graph,
  { list, site, how }: { list: Value; site: Site; how: Items['how'] },
  { items, chain, callers }: { items?: Items | undefined; chain: readonly Site[]; callers: Callers },
): Items | undefined {
  // `for (const part of parts) await Promise.all([part].map(stop))`: a list of one has the order of what is around it.
  if (orderOf(graph, list, site)?.length === 1) return itemsAround(graph, site, items, callers);
  const isRepeated = items !== undefined || chain.some((each) => isInLoop(graph, each));
  return { list, ref: site, how, isRepeated, callers };
}

/** What a helper runs (`safely(part)`) is run for an item, too; the item itself has a list of its own, or none. */
export function passedOn(graph: Graph, items: Items | undefined, edge: CallEdge): Items | undefined {
  const isItem =
    items && listsOf(graph, items).some((list) => list.some((each) => isOf(graph, edge.to, each)));
  return isItem ? undefined : items;
}

type Match<T> = (each: T, thing: Thing) => boolean;

export const edgeIs =
  (graph: Graph): Match<CallEdge> =>
  (each, thing) =>
    isOf(graph, each.to, thing);

export const resourceIs =
  (graph: Graph): Match<Resource> =>
  (each, thing) => {
    const own = graph.program.flow.things[each.id];
    return own === thing || (thing.t === 'object' && holds(graph, thing, (one) => one === own));
  };

/** What begins at once is side by side whatever the order of its list. */
export function arrange<T>(
  graph: Graph,
  items: Items | undefined,
  wanted: readonly T[],
  isIt: Match<T>,
): Arrangement {
  if (!items || wanted.length < 2) return { how: 'either' };
  const positions = positionsIn(graph, items, wanted, isIt);
  if (positions) return { how: items.how, positions };
  const lists = listsOf(graph, items);
  const hasAll = (list: readonly Thing[]): boolean =>
    wanted.every((each) => list.some((thing) => isIt(each, thing)));
  if (items.how === 'parallel' && !items.isRepeated && lists.some(hasAll))
    return { how: 'parallel', isUnsure: true };
  return { how: hasAll(lists.flat()) ? 'unordered' : 'either' };
}

/** Of several, those that are in the list that was given in this run. */
export function inList<T>(
  graph: Graph,
  items: Items | undefined,
  all: readonly T[],
  isIt: Match<T>,
): readonly T[] {
  const given = items && actualThings(graph, items.list, items.ref, items.callers);
  const things = items && given ? listsOf(graph, items).flat() : [];
  const own = all.filter((each) => things.some((thing) => isIt(each, thing)));
  return own.length > 0 ? own : all;
}

/** What is in each list that can be meant. */
function listsOf(graph: Graph, { list, ref, callers }: Items): Thing[][] {
  const { flow } = graph.program;
  const lists = actualThings(graph, list, ref, callers) ?? graph.valueThings(list, ref);
  return lists.flatMap((each) => {
    const kept = each.t === 'array' ? '*' : each.t === 'map' ? '@values' : undefined;
    return kept === undefined ? [] : [graph.things(flow.field(flow.intern(each), kept))];
  });
}

/** Positions in the list; `undefined` when one is not found, or two are one. */
function positionsIn<T>(
  graph: Graph,
  items: Items,
  wanted: readonly T[],
  isIt: Match<T>,
): number[] | undefined {
  const list = orderOf(graph, items.list, items.ref);
  if (!list) return undefined;
  const things = list.map((each) => graph.valueThings(each.value, each.ref));
  const found = wanted.map((each) => things.findIndex((item) => item.some((thing) => isIt(each, thing))));
  const isClear = found.every((each) => each >= 0) && new Set(found).size === found.length;
  return isClear ? found : undefined;
}

/** The function is a method of the item, or the item itself. */
export function isOf(graph: Graph, fn: FunctionRef, thing: Thing): boolean {
  if (thing.t === 'function') return thing.file === fn.file && thing.fn === fn.fn;
  if (thing.t === 'instance')
    return thing.file === fn.file && classAround(graph.program, fn)?.id === thing.cls;
  return (
    (thing.t === 'object' || thing.t === 'array') &&
    holds(graph, thing, (one) => one.t === 'function' && one.file === fn.file && one.fn === fn.fn)
  );
}

function holds(graph: Graph, thing: Thing, isIt: (each: Thing) => boolean): boolean {
  const { flow } = graph.program;
  return graph.things(flow.field(flow.intern(thing), '*')).some(isIt);
}
