/** What the handler of a failed start leads to: another attempt, a release, an exit, an exit code. Used by start-failure-unwinds. */
import { eachValueIn, isOff } from '../../facts/walk.ts';
import type { Value } from '../../facts/model.ts';
import {
  functionKey,
  type FunctionRef,
  type Graph,
  type Resource,
  type Site,
  type Step,
} from '../../graph/graph.ts';
import { eachStep } from '../../graph/steps.ts';
import { isExit } from '../exits/exits.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { isUnresolved } from '../releases/unresolved.ts';

type Guard = Step & { s: 'guard' };

/** The calls of a handler: of the catch clause, or of the functions that the chain is given. */
export function handlerSites(graph: Graph, ref: FunctionRef, step: Guard): Site[] {
  const inClause = [...eachStep(step.handler)].flatMap((each) =>
    each.s === 'call' || each.s === 'group' ? (graph.site(each.call) ?? []) : [],
  );
  const inFunctions = handlerFunctions(graph, ref, step).flatMap((each) => lifecycleOf(graph).sitesIn(each));
  return [...inClause, ...inFunctions];
}

const handlerFunctions = (graph: Graph, ref: FunctionRef, step: Guard): FunctionRef[] =>
  step.handlers.flatMap((each) =>
    graph.valueThings(each, ref).flatMap((thing) => (thing.t === 'function' ? [thing] : [])),
  );

/** The handler calls the function again, at once or later. */
export function triesAgain(graph: Graph, ref: FunctionRef, step: Guard): boolean {
  return ref.fn !== 0 && reached(graph, ref, step, 3).has(functionKey(ref));
}

export function isReleasedIn(graph: Graph, ref: FunctionRef, step: Guard, resource: Resource): boolean {
  return handlerSites(graph, ref, step).some(
    (site) => lifecycleOf(graph).releases(site) || resource.releases.includes(site),
  );
}

export const isExitCode = (target: Value): boolean =>
  target.k === 'member' && target.p === 'exitCode' && target.o.k !== 'this';

/**
 * All that the handler does is known, and none of it ends the process, throws on, sets the exit code, or sets something else
 * that says that the start has failed: whoever reads that may set the code.
 */
export function endsWithoutCode(graph: Graph, ref: FunctionRef, step: Guard): boolean {
  const sites = handlerSites(graph, ref, step);
  if (sites.some((each) => isUnresolved(graph, each)) || notes(graph, ref, step)) return false;
  const functions = [...reached(graph, ref, step, 8).values()];
  return (
    ![...sites, ...functions.flatMap((each) => lifecycleOf(graph).sitesIn(each))].some(
      (site) => isExit(graph, site) || isKill(graph, site),
    ) && !functions.some((each) => functionNotes(graph, each))
  );
}

const isKill = (graph: Graph, site: Site): boolean =>
  graph
    .things(site.callee)
    .some(
      (each) => each.t === 'external' && each.from === 'global' && /^process\.(kill|emit)$/.test(each.path),
    );

const notes = (graph: Graph, ref: FunctionRef, step: Guard): boolean =>
  [...eachStep(step.handler)].some(
    (each) => each.s === 'store' && isNote(graph, ref, each.target, each.value),
  );

function functionNotes(graph: Graph, ref: FunctionRef): boolean {
  for (const each of eachValueIn(graph.function(ref).body))
    if (each.k === 'assign' && isNote(graph, ref, each.t, each.v)) return true;
  return false;
}

/** A store of yes, of a number or of a text, to what outlives the function. */
function isNote(graph: Graph, ref: FunctionRef, target: Value, value: Value): boolean {
  if (isExitCode(target)) return true;
  if (value.k !== 'text' && (value.k !== 'constant' || isOff(value))) return false;
  if (target.k !== 'ref') return true;
  const binding = graph.program.files[ref.file]?.facts.bindings[target.b];
  return binding?.fn !== ref.fn || ref.fn === 0;
}

/** The functions that the handler leads to, by calls and by callbacks, so many calls deep. */
function reached(graph: Graph, ref: FunctionRef, step: Guard, depth: number): Map<string, FunctionRef> {
  const found = new Map<string, FunctionRef>();
  const visit = (to: FunctionRef, left: number): void => {
    const key = functionKey(to);
    if (found.has(key) || left < 0) return;
    found.set(key, to);
    for (const edge of graph.edgesFrom(to)) visit(edge.to, left - 1);
  };
  for (const each of handlerFunctions(graph, ref, step)) visit(each, depth);
  for (const site of handlerSites(graph, ref, step))
    for (const edge of graph.edgesOf(site)) visit(edge.to, depth);
  return found;
}
