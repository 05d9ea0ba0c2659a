/** Who holds the handle of a resource, and whether it is overwritten. Used by resource-released. */
import type { Value } from '../../facts/model.ts';
import {
  functionKey,
  type FunctionRef,
  type Graph,
  type Resource,
  type Site,
  type Step,
} from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { eachStep, innerSteps } from '../../graph/steps.ts';

/** A variable, a field or a collection keeps the handle. */
export function isHeld(graph: Graph, resource: Resource): boolean {
  const { program } = graph;
  const inBinding = program.bindings.some((file) =>
    file.some((node) => program.flow.thingsAt(node).has(resource.id)),
  );
  return inBinding || program.flow.keepers(resource.id).some((each) => !each.name.startsWith('@'));
}

function inCollection(graph: Graph, resource: Resource): boolean {
  const { flow } = graph.program;
  return flow.keepers(resource.id).some(({ owner, name }) => {
    const thing = flow.things[owner];
    return (thing?.t === 'array' && name === 'rest') || (thing?.t === 'map' && name === '@values');
  });
}

/** `this.timer`, a variable: the place that a store writes to; `undefined` for what may be another place each time. */
export function placeOf(target: Value): string | undefined {
  if (target.k === 'ref') return `b${target.b}`;
  if (target.k === 'this') return 'this';
  if (target.k !== 'member') return undefined;
  const owner = placeOf(target.o);
  return owner === undefined ? undefined : `${owner}.${target.p}`;
}

/** The handle is overwritten, by the next turn of a loop or by a later store, before anything released it. */
export function isOverwritten(graph: Graph, resource: Resource): boolean {
  if (inCollection(graph, resource)) return false;
  return search(graph, resource, resource.site, graph.steps(resource.site), []);
}

function search(
  graph: Graph,
  resource: Resource,
  ref: FunctionRef,
  steps: readonly Step[],
  loops: readonly (readonly Step[])[],
): boolean {
  return steps.some((step, position) => {
    if (step.s === 'store' && step.plain && stores(graph, resource, ref, step)) {
      const place = placeOf(step.target);
      if (place === undefined) return false;
      const loop = loops.find((each) => !declares(each, step.target));
      if (loop && !releases(graph, resource, loop) && !leaves(loop)) return true;
      return overwrittenBy(graph, resource, place, steps.slice(position + 1));
    }
    const inner = step.s === 'loop' ? [step.body, ...loops] : loops;
    return innerSteps(step).some((each) => search(graph, resource, ref, each, inner));
  });
}

function stores(graph: Graph, resource: Resource, ref: FunctionRef, step: Step & { s: 'store' }): boolean {
  const made =
    step.value.k === 'call' &&
    graph
      .valueThings(step.value, ref)
      .includes(graph.program.flow.things[resource.id] ?? { t: 'text', text: '' });
  return made && step.value.k === 'call';
}

function overwrittenBy(graph: Graph, resource: Resource, place: string, rest: readonly Step[]): boolean {
  for (const step of rest) {
    if (releases(graph, resource, [step])) return false;
    if (step.s === 'store' && step.plain && placeOf(step.target) === place && step.value.k === 'call')
      return true;
  }
  return false;
}

/** The steps release the resource, or call something that does. */
function releases(graph: Graph, resource: Resource, steps: readonly Step[]): boolean {
  for (const step of eachStep(steps)) {
    const site = step.s === 'call' ? graph.site(step.call) : undefined;
    if (!site) continue;
    if (resource.releases.some((each) => each.id === site.id)) return true;
    if (lifecycleOf(graph).releases(site)) return true;
  }
  return false;
}

/** The loop is left in its first turn: `break`, `return`. */
const leaves = (loop: readonly Step[]): boolean =>
  loop.some((each) => each.s === 'jump' || each.s === 'return');

function declares(loop: readonly Step[], target: Value): boolean {
  if (target.k === 'member') return declares(loop, target.o);
  if (target.k !== 'ref') return false;
  return [...eachStep(loop)].some((each) => each.s === 'let' && each.b === target.b);
}

/** Released by the function that opens it (not only when it fails), or by a callback inside a function that keeps it local. */
export function releasedWhereOpened(graph: Graph, resource: Resource): boolean {
  const own = functionKey(resource.site);
  if (reachable(graph.steps(resource.site)).some((site) => resource.releases.includes(site))) return true;
  if (resource.site.fn === 0) return false;
  return resource.releases.some(
    (each) => functionKey(each) !== own && isInside(graph, each, resource.site) && isLocal(graph, resource),
  );

  function reachable(steps: readonly Step[]): Site[] {
    return steps.flatMap((step): Site[] => {
      if (step.s === 'call') {
        const site = graph.site(step.call);
        return site ? [site] : [];
      }
      const inner = step.s === 'guard' ? [step.body] : innerSteps(step);
      return inner.flatMap(reachable);
    });
  }
}

function isInside(graph: Graph, inner: Site, outer: Site): boolean {
  if (inner.file !== outer.file) return false;
  for (
    let fn = graph.function(inner);
    fn.parent !== undefined;
    fn = graph.function({ file: inner.file, fn: fn.parent })
  )
    if (fn.parent === outer.fn) return graph.live.has(functionKey(inner));
  return false;
}

/** Only variables of the function that opens it hold the handle. */
export function isLocal(graph: Graph, resource: Resource): boolean {
  const { program } = graph;
  const kept = program.flow.keepers(resource.id).some((each) => !each.name.startsWith('@'));
  if (kept) return false;
  const facts = program.files[resource.site.file]?.facts;
  return program.bindings.every((file, index) =>
    file.every((node, b) => {
      if (!program.flow.thingsAt(node).has(resource.id)) return true;
      const fact = facts?.bindings[b];
      return index === resource.site.file && fact !== undefined && fact.fn !== 0;
    }),
  );
}

/** `using` releases it at the end of its scope. */
export function isUsing(graph: Graph, resource: Resource): boolean {
  const thing = graph.program.flow.things[resource.id];
  return [...eachStep(graph.steps(resource.site))].some(
    (step) =>
      step.s === 'let' &&
      step.using &&
      thing !== undefined &&
      graph.valueThings(step.value, resource.site).includes(thing),
  );
}
