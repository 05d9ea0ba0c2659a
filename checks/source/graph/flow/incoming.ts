/** Where things come from: the edges of the flow the other way round. Used by the flow. */
import type { Ids } from './ids.ts';
import type { NodeId } from './things.ts';

export interface Edge {
  from: NodeId;
  to: NodeId;
}

/** The places from which things are carried to place `n`: `from[first[n]]` up to before `from[first[n + 1]]`. */
export interface Incoming {
  first: Int32Array;
  from: Int32Array;
}

/** Millions of edges in two arrays: counted first, then put beside each other by where they lead. */
export function incoming(
  edges: readonly (readonly (Ids | undefined)[])[],
  places: number,
  more: readonly Edge[],
): Incoming {
  const first = new Int32Array(places + 1);
  const each = (visit: (from: NodeId, to: NodeId) => void): void => {
    for (const all of edges)
      all.forEach((targets, from) => targets?.list.forEach((target) => visit(from, target)));
    for (const edge of more) visit(edge.from, edge.to);
  };
  each((_from, target) => {
    first[target + 1] = (first[target + 1] ?? 0) + 1;
  });
  for (let at = 1; at < first.length; at += 1) first[at] = (first[at] ?? 0) + (first[at - 1] ?? 0);
  const next = first.slice();
  const from = new Int32Array(first.at(-1) ?? 0);
  each((source, target) => {
    const index = next[target] ?? 0;
    from[index] = source;
    next[target] = index + 1;
  });
  return { first, from };
}
