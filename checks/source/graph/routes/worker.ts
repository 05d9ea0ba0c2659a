/** The function that does the work of one that only hands on what it is given. Used by the questions about guards. */
import type { Value } from '../../facts/model.ts';
import { givesPromise } from '../../lifecycle/releases/waiting.ts';
import { callees } from './decision-callees.ts';
import type { Closure } from './held.ts';
import type { Run } from './run.ts';

const DEPTH = 5;

/** `f(a, b) { return g(a, b); }`: g; a function that does more is its own. */
export function workerOf(run: Run, closure: Closure, depth = 0): Closure {
  const { body, params } = run.graph.function(closure);
  const [only, more] = body;
  if (depth > DEPTH || more || (only?.s !== 'return' && only?.s !== 'do')) return closure;
  const call = only.v.k === 'await' ? only.v.v : only.v;
  if (call.k !== 'call' || call.isNew || call.a.length !== params.length) return closure;
  const isSame = (each: Value, position: number): boolean =>
    each.k === 'ref' && each.b === params[position]?.b && params[position]?.pattern === false;
  const [target, other] = call.a.every(isSame) ? callees(run, closure, call) : [];
  // A promise that nobody takes is not handed on.
  const isDropped = only.s === 'do' && only.v.k !== 'await';
  if (target && isDropped && givesPromise(run.graph, target)) return closure;
  return target && !other ? workerOf(run, target, depth + 1) : closure;
}
