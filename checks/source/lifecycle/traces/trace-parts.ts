/** What a trace asks of the steps that it follows. Used by `trace.ts`. */
import { contains, eachValue } from '../../facts/walk.ts';
import type { Value } from '../../facts/model.ts';
import type { FunctionRef, Graph, Resource, Site, Step } from '../../graph/graph.ts';
import { placesOf } from './places.ts';
import { eachStep } from '../../graph/steps.ts';
import type { Event } from './trace-run.ts';

const made = new WeakMap<Graph, { byMake: Map<number, Resource[]>; byStart: Map<number, Resource[]> }>();

/** Resources by the calls that make them, and by those that start them. */
export function resourcesBySite(graph: Graph) {
  const known = made.get(graph);
  if (known) return known;
  const byMake = new Map<number, Resource[]>();
  const byStart = new Map<number, Resource[]>();
  const add = (map: Map<number, Resource[]>, site: Site, resource: Resource): void => {
    map.set(site.id, [...(map.get(site.id) ?? []), resource]);
  };
  for (const each of graph.resources) {
    add(byMake, each.site, each);
    for (const start of each.starts) add(byStart, start, each);
  }
  const found = { byMake, byStart };
  made.set(graph, found);
  return found;
}

/** `x ??= make()` looks at `x` before it makes anything: where that happens, by position. */
export function memosIn(steps: readonly Step[]): Map<number, (Step & { s: 'store' })[]> {
  const found = new Map<number, (Step & { s: 'store' })[]>();
  steps.forEach((step, position) => {
    if (step.s !== 'store' || step.plain) return;
    const first = steps.findIndex((each) =>
      [...eachStep([each])].some(
        (inner) => (inner.s === 'call' || inner.s === 'group') && contains(step.value, inner.call),
      ),
    );
    const at = first < 0 || first > position ? position : first;
    found.set(at, [...(found.get(at) ?? []), step]);
  });
  return found;
}

/** The steps end the function, or the turn of a loop. */
export const leaves = (steps: readonly Step[]): boolean =>
  steps.some(
    (each) =>
      each.s === 'return' ||
      each.s === 'throw' ||
      each.s === 'jump' ||
      (each.s === 'branch' && each.branches.length > 1 && each.branches.every(leaves)) ||
      (each.s === 'finally' && (leaves(each.body) || leaves(each.after))) ||
      (each.s === 'guard' && each.kind === 'try' && leaves(each.body) && leaves(each.handler)),
  );

/** What was waited for before is given back at the end: `const release = await mutex.acquire()`. */
export function isLock(
  graph: Graph,
  events: readonly Event[],
  ref: FunctionRef,
  after: readonly Step[],
): boolean {
  const places = placesOf(graph);
  const waited = events.flatMap((event): (string | undefined)[] => {
    if (event.e !== 'step' || event.step.s !== 'call' || event.step.taken !== 'awaited') return [];
    const { f } = event.step.call;
    return f.k === 'member' ? [places.of(f.o, event.ref)] : [];
  });
  const bound = events.flatMap((event) =>
    event.e === 'step' && event.step.s === 'let' && event.step.value.k === 'await' ? [event.step.b] : [],
  );
  return [...eachStep(after)].some((each) => {
    if (each.s !== 'call') return false;
    const { f } = each.call;
    const base = f.k === 'member' ? f.o : f;
    if (base.k === 'ref' && bound.includes(base.b)) return true;
    const place = f.k === 'member' ? places.of(f.o, ref) : undefined;
    return place !== undefined && waited.includes(place);
  });
}

/** Where the first call inside a condition stands. */
export function firstOffset(condition: Value): number {
  for (const each of eachValue(condition)) if (each.k === 'call') return each.start;
  return 0;
}
