/** The failures of releases that are caught in a function, and what becomes of each. Used by shutdown-error-logged. */
import { eachStatement, eachValueIn } from '../../facts/walk.ts';
import type { Statement, Value } from '../../facts/model.ts';
import type { Failing } from './failing.ts';
import type { FunctionRef, Graph, Site, Step } from '../../graph/graph.ts';
import { carriesRelease, lifecycleOf } from '../lifecycle.ts';
import { settledResultIsRead } from './settled.ts';
import { eachStep } from '../../graph/steps.ts';
import { catchTells, handlerTells, type Told } from './telling.ts';

export interface CaughtFailure {
  /** The call that can fail. */
  failed: Site;
  /** Where its failure is handled. */
  at: number;
  /** What does not fail needs no telling. */
  told: Told;
  /** The handler does nothing at all. */
  empty: boolean;
}

export interface SettledFailure {
  failed: Site;
  /** The call of `Promise.allSettled`. */
  site: Site;
  read: boolean;
}

/** Failures that a catch of the function handles, `.catch` and the second argument of `.then` included. */
export function caughtIn(graph: Graph, failing: Failing, ref: FunctionRef): CaughtFailure[] {
  const steps = [...eachStep(graph.steps(ref))];
  const isStop = steps.some((step) => releaseOf(graph, step, false) !== undefined);
  return steps.flatMap((step): CaughtFailure[] => {
    if (step.s !== 'guard') return [];
    const [failed] = [...eachStep(step.body)].flatMap((each) => releaseOf(graph, each, isStop) ?? []);
    const handled = failed && handlingOf(graph, ref, step);
    if (!failed || !handled) return [];
    const told = failing.steps(step.body, ref) ? handled.told : 'told';
    return [{ failed, ...handled, told }];
  });
}

/** Failures that end in the results of a `Promise.allSettled`. */
export function settledIn(graph: Graph, failing: Failing, ref: FunctionRef): SettledFailure[] {
  return [...eachStep(graph.steps(ref))].flatMap((step): SettledFailure[] => {
    if (step.s !== 'group' || step.how !== 'allSettled') return [];
    const site = graph.site(step.call);
    const [failed] = [...eachStep(step.items)].flatMap((each) => releaseOf(graph, each, false) ?? []);
    if (!site || !failed) return [];
    // As if it were Promise.all: can any of them reject?
    const canFail = failing.steps([{ ...step, how: 'all' }], ref);
    return [{ failed, site, read: !canFail || settledResultIsRead(graph, site) }];
  });
}

/** The call of a step, when it releases something; in a stop, also one that is waited for. */
function releaseOf(graph: Graph, step: Step, inStop: boolean): Site | undefined {
  const site = step.s === 'call' ? graph.site(step.call) : undefined;
  if (!site || step.s !== 'call') return undefined;
  if (lifecycleOf(graph).releases(site) || carriesRelease(graph, step.call)) return site;
  const waited = step.taken === 'awaited' && lifecycleOf(graph).givesPromise(site);
  return inStop && waited && graph.edgesOf(site).some((each) => each.kind === 'call') ? site : undefined;
}

type Handling = Omit<CaughtFailure, 'failed'>;

function handlingOf(graph: Graph, ref: FunctionRef, step: Step & { s: 'guard' }): Handling | undefined {
  const { body } = graph.function(ref);
  const [handler] = step.handlers;
  if (step.kind === 'chain') return handler && ofChain(graph, ref, step.at, handler);
  const found = [...eachStatement(body)].find((each) => each.s === 'try' && each.at === step.at);
  return found?.s === 'try' ? ofTry(graph, ref, found) : undefined;
}

function ofTry(graph: Graph, ref: FunctionRef, statement: Statement & { s: 'try' }): Handling | undefined {
  const clause = statement.catch;
  if (!clause) return undefined;
  const told = catchTells(graph, ref, clause.body, clause.b) ? 'told' : 'silent';
  return { at: clause.at, told, empty: clause.body.length === 0 };
}

function ofChain(graph: Graph, ref: FunctionRef, start: number, handler: Value): Handling {
  const calls = [...eachValueIn(graph.function(ref).body)].filter((each) => each.k === 'call');
  const at = calls.find((each) => each.a.includes(handler))?.at ?? start;
  const body = handler.k === 'fn' ? graph.function({ file: ref.file, fn: handler.id }).body : undefined;
  const empty = body?.every((each) => each.s === 'return' && each.v.k === 'none') ?? false;
  return { at, told: handlerTells(graph, ref, handler), empty };
}
