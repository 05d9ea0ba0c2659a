/**
 * Whether a call stands behind state that stays from one run to the next (`if (listening) return`, `client ??= make()`):
 * it may then happen once only. Asks too much rather than too little. Used by listeners.ts and repeated.ts.
 */
import type { CallValue, Value } from '../../facts/model.ts';
import { contains, eachValue, statementValues } from '../../facts/walk.ts';
import { factsOf } from '../../graph/flow/program.ts';
import type { FunctionRef, Graph, Site, Step } from '../../graph/graph.ts';
import { eachStep, innerSteps } from '../../graph/steps.ts';
import { placesOf } from '../traces/places.ts';

type IsReset = (place: string) => boolean;

/** `isReset`: places that the service itself sets back, so that what stands behind them happens again. */
export function isLatched(graph: Graph, site: Site, isReset: IsReset = () => false): boolean {
  for (const value of statementValues(graph.function(site).body))
    for (const each of eachValue(value))
      if (each.k === 'assign' && !each.plain && contains(each.v, site.call)) return true;
  const conditions = conditionsOf(graph.steps(site), site.call) ?? [];
  return conditions.some((each) => readsState(graph, each, site, isReset, 0));
}

/** The conditions that a call stands behind: those of the branches around it, and those that may leave before it. */
function conditionsOf(steps: readonly Step[], call: CallValue): Value[] | undefined {
  const passed: Value[] = [];
  for (const step of steps) {
    if ((step.s === 'call' || step.s === 'group') && step.call === call) return passed;
    for (const inner of innerSteps(step)) {
      const found = conditionsOf(inner, call);
      if (found) return [...passed, ...(step.s === 'branch' ? [step.condition] : []), ...found];
    }
    for (const each of eachStep([step]))
      if (each.s === 'branch' && each.branches.some(leaves)) passed.push(each.condition);
  }
  return undefined;
}

const leaves = (steps: readonly Step[]): boolean =>
  [...eachStep(steps)].some((each) => each.s === 'return' || each.s === 'throw' || each.s === 'jump');

/** The condition depends on something that outlives the call and that is written, or asked, while the service runs. */
function readsState(
  graph: Graph,
  condition: Value,
  ref: FunctionRef,
  isReset: IsReset,
  depth: number,
): boolean {
  if (depth > 3) return true;
  for (const each of eachValue(condition)) {
    if (each.k === 'call' && asksState(graph, each, ref)) return true;
    if (each.k === 'ref' && isOwn(graph, each.b, ref))
      for (const value of valuesOf(graph, each.b, ref))
        if (value !== condition && readsState(graph, value, ref, isReset, depth + 1)) return true;
  }
  return [...placesOf(graph).readBy(condition, ref)].some(
    (place) => isWritten(graph, place, ref) && !isReset(place),
  );
}

/** A call on something that is not this call's own, of which another answer may come next time. */
function asksState(graph: Graph, call: CallValue, ref: FunctionRef): boolean {
  let root: Value = call.f;
  while (root.k === 'member' || root.k === 'index') root = root.o;
  if (root.k === 'ref') {
    if (isOwn(graph, root.b, ref)) return false;
    const site = graph.site(call);
    const isPlain = call.f.k === 'ref' && site !== undefined && graph.edgesOf(site).length > 0;
    return !(isPlain && !readsAnyState(graph, call, ref));
  }
  // What the platform computes is the same each time; what the process is asked is not.
  if (root.k === 'global') return /^(process|globalThis|global|Date|Math|performance)$/.test(root.name);
  return root.k === 'this';
}

const readsAnyState = (graph: Graph, call: CallValue, ref: FunctionRef): boolean =>
  [...placesOf(graph).readBy(call, ref)].some((place) => {
    const root = /^b(\d+)\.(\d+)/.exec(place);
    if (!root) return !place.startsWith('g:');
    const fact = factsOf(graph.program, Number(root[1])).bindings[Number(root[2])];
    return fact?.fn === 0 && fact.kind === 'variable';
  });

function isWritten(graph: Graph, place: string, ref: FunctionRef): boolean {
  const scope = placesOf(graph).scopeOf(place);
  if (scope && scope.file === ref.file && scope.fn === ref.fn) return false;
  const parts = place.split('.');
  const wholes = parts.map((_part, index) => parts.slice(0, index + 1).join('.'));
  return wholes.some((each) =>
    placesOf(graph)
      .stores(each)
      .some(
        (store) => !['module', 'fields', 'statics', 'constructor'].includes(graph.function(store.ref).kind),
      ),
  );
}

function isOwn(graph: Graph, b: number, ref: FunctionRef): boolean {
  return factsOf(graph.program, ref.file).bindings[b]?.fn === ref.fn && ref.fn !== 0;
}

/** What a variable of the function is given in it. */
function valuesOf(graph: Graph, b: number, ref: FunctionRef): Value[] {
  return [...eachStep(graph.steps(ref))].flatMap((step) => {
    if (step.s === 'let' && step.b === b) return [step.value];
    return step.s === 'store' && step.target.k === 'ref' && step.target.b === b ? [step.value] : [];
  });
}
