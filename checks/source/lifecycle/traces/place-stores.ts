/** Every store of a program by the place that it writes to. Used by `places.ts`. */
import type { Value } from '../../facts/model.ts';
import type { FunctionRef, Graph } from '../../graph/graph.ts';
import { eachStep } from '../../graph/steps.ts';

export interface PlaceStore {
  ref: FunctionRef;
  value: Value;
  at: number;
}

/** Stores by place; those to a place that may be another one each time are left out. */
export function collectStores(
  graph: Graph,
  placeOf: (value: Value, ref: FunctionRef) => string | undefined,
): Map<string, PlaceStore[]> {
  const found = new Map<string, PlaceStore[]>();
  const { program } = graph;
  program.files.forEach((file, index) => {
    for (const fn of file.facts.functions) {
      const ref = { file: index, fn: fn.id };
      for (const step of eachStep(graph.steps(ref))) {
        if (step.s !== 'store') continue;
        const place = placeOf(step.target, ref);
        if (place === undefined) continue;
        const store = { ref, value: step.value, at: step.at };
        const known = found.get(place);
        if (known) known.push(store);
        else found.set(place, [store]);
      }
    }
  });
  return found;
}
