/** Whether two functions are written alike, wherever they stand. Used by started-once. */
import { functionOf, factsOf, type FunctionRef } from '../../graph/flow/program.ts';
import type { Graph } from '../../graph/graph.ts';

/** Equal but for their places in the file and the names of their own variables. */
export function sameFunction(graph: Graph, a: FunctionRef, b: FunctionRef): boolean {
  return a.file === b.file && written(graph, a) === written(graph, b);
}

/** The body as text: own variables by their order, others by what they are; offsets and numbers left out. */
function written(graph: Graph, ref: FunctionRef): string {
  const fact = functionOf(graph.program, ref);
  const { bindings } = factsOf(graph.program, ref.file);
  const own = new Map<number, number>();
  const name = (b: number): string => {
    if (bindings[b]?.fn !== ref.fn) return `outer ${b}`;
    if (!own.has(b)) own.set(b, own.size);
    return `own ${own.get(b)}`;
  };
  return JSON.stringify(
    { params: fact.params, body: fact.body, isAsync: fact.isAsync },
    function (this: unknown, key: string, value: unknown): unknown {
      if (key === 'at' || key === 'start' || key === 'end') return undefined;
      if (key === 'b' && typeof value === 'number') return name(value);
      if (key !== 'id' || typeof value !== 'number') return value;
      const isFunction = typeof this === 'object' && this !== null && 'k' in this && this.k === 'fn';
      return isFunction && value !== ref.fn ? written(graph, { file: ref.file, fn: value }) : undefined;
    },
  );
}
