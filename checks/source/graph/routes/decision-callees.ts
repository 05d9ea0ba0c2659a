/** Functions that a guard calls, and whether they answer with true or false. Used by `decisions.ts` and the rule. */
import { eachStatement, eachValueIn } from '../../facts/walk.ts';
import type { CallValue, Statement, Value } from '../../facts/model.ts';
import { functionKey } from '../graph.ts';
import { givesPromise } from '../../lifecycle/releases/waiting.ts';
import { calleeOf, targetsOf } from './callees.ts';
import type { Closure } from './held.ts';
import type { Run } from './run.ts';
import { frameOf } from './status.ts';

import { namesAdmin } from './admin-words.ts';

export function callees(run: Run, by: Closure, call: CallValue): Closure[] {
  return targetsOf(run, call, calleeOf(run, frameOf(by), call));
}

const DEPTH = 3;
const MOST = 60;

/** A guard and the functions of the project that it calls, and those that these call. */
export function reachedFrom(run: Run, guard: Closure): Closure[] {
  const found = new Map<string, { closure: Closure; depth: number }>();
  const add = (closure: Closure, depth: number): void => {
    if (depth <= DEPTH && found.size < MOST && !found.has(functionKey(closure)))
      found.set(functionKey(closure), { closure, depth });
  };
  add(guard, 0);
  // A map hands out what is added while it is walked.
  for (const { closure, depth } of found.values())
    for (const value of eachValueIn(run.graph.function(closure).body)) {
      if (value.k === 'fn') add({ ...closure, fn: value.id }, depth);
      if (value.k === 'call') for (const each of callees(run, closure, value)) add(each, depth + 1);
    }
  return [...found.values()].map((each) => each.closure);
}

/** Whatever is called there, the project made it, and it gives a promise. */
export function surelyGivesPromise(run: Run, call: CallValue, targets: readonly Closure[]): boolean {
  const site = run.graph.site(call);
  const others = site ? run.graph.things(site.callee).filter((each) => each.t !== 'function') : [];
  return targets.length > 0 && others.length === 0 && targets.every((each) => givesPromise(run.graph, each));
}

const COMPARES = new Set(['===', '!==', '==', '!=', '<', '>', '<=', '>=', '!', 'in', 'instanceof']);
const ASKS = new Set(['includes', 'some', 'every', 'has', 'startsWith', 'endsWith', 'test', 'equals']);

type Kind = 'yes' | 'no' | 'open';

/** Every return may be true or false, and one surely is. */
export function answersBoolean(run: Run, closure: Closure, depth = 0): boolean {
  const kinds = returnsOf(run.graph.function(closure).body).map((each) => kindOf(run, closure, each, depth));
  return kinds.includes('yes') && !kinds.includes('no');
}

export const returnsOf = (body: readonly Statement[]): Value[] =>
  [...eachStatement(body)].flatMap((each) => (each.s === 'return' ? [each.v] : []));

function kindOf(run: Run, closure: Closure, value: Value, depth: number): Kind {
  switch (value.k) {
    case 'constant':
      return value.t === 'boolean' ? 'yes' : 'no';
    case 'operands':
      return value.op !== undefined && COMPARES.has(value.op) ? 'yes' : 'no';
    case 'await':
      return kindOf(run, closure, value.v, depth);
    case 'choice': {
      const kinds = value.vs.map((each) => kindOf(run, closure, each, depth));
      return kinds.includes('no') ? 'no' : kinds.includes('yes') ? 'yes' : 'open';
    }
    case 'call':
      return kindOfCall(run, closure, value, depth);
    case 'object':
    case 'array':
    case 'text':
    case 'fn':
    case 'class':
      return 'no';
    default:
      return 'open';
  }
}

function kindOfCall(run: Run, closure: Closure, call: CallValue, depth: number): Kind {
  const { f } = call;
  if (call.isNew) return 'no';
  if (f.k === 'global') return f.name === 'Boolean' ? 'yes' : 'open';
  if (f.k === 'member' && ASKS.has(f.p)) return 'yes';
  if (f.k === 'member' && (f.p === 'then' || f.p === 'catch')) {
    const fns = call.a.flatMap((each) => (each.k === 'fn' ? [{ ...closure, fn: each.id }] : []));
    return fns.some((each) => answersBoolean(run, each, depth + 1)) ? 'yes' : 'open';
  }
  if (depth > 4) return 'open';
  const targets = callees(run, closure, call);
  return targets.some((each) => answersBoolean(run, each, depth + 1)) ? 'yes' : 'open';
}

/** It compares with an admin's role or looks at an admin's mark. */
export function asksForAdmin(run: Run, closure: Closure): boolean {
  for (const value of eachValueIn(run.graph.function(closure).body)) {
    if (namesAdmin(value)) return true;
    if (value.k === 'fn' && asksForAdmin(run, { ...closure, fn: value.id })) return true;
  }
  return false;
}
