/** Which of several functions a call runs first, when it is made on one item of a list after the other. Used by the sequence. */
import type { CallEdge } from '../../graph/flow/program.ts';
import type { Thing } from '../../graph/flow/things.ts';
import { classAround } from '../../graph/flow/classes.ts';
import type { Value } from '../../facts/model.ts';
import type { FunctionRef, Graph, Resource, Site } from '../../graph/graph.ts';
import { loopAround, orderOf } from '../exits/list-order.ts';

/** A list that is gone over, and whether the next item waits for the one before. */
export interface Items {
  list: Value;
  ref: FunctionRef;
  how: 'series' | 'parallel';
}

/** The list whose items a call is made on: that of the loop around it, or of the array method that runs its function. */
export function itemsAround(graph: Graph, site: Site, outer: Items | undefined): Items | undefined {
  const loop = loopAround(graph, site, site.call);
  return loop?.of ? { list: loop.of.v, ref: site, how: 'series' } : outer;
}

/** Positions of the functions in the list; `undefined` when one of them is not found, or two are one. */
export function positionsOf(graph: Graph, items: Items, edges: readonly CallEdge[]): number[] | undefined {
  return find(graph, items, edges, (each, thing) => isOf(graph, each.to, thing));
}

export function positionsOfResources(
  graph: Graph,
  items: Items,
  resources: readonly Resource[],
): number[] | undefined {
  return find(graph, items, resources, (each, thing) => {
    const own = graph.program.flow.things[each.id];
    return own === thing || (thing.t === 'object' && holds(graph, thing, (one) => one === own));
  });
}

function find<T>(
  graph: Graph,
  items: Items,
  wanted: readonly T[],
  isIt: (each: T, thing: Thing) => boolean,
): number[] | undefined {
  const list = orderOf(graph, items.list, items.ref);
  if (!list) return undefined;
  const values = list.isReversed ? list.items.toReversed() : list.items;
  const things = values.map((each) => graph.valueThings(each, list.ref));
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
