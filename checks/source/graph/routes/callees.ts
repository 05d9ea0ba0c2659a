/** What a call in a function leads to, by the scope of that function and by the flow. Used by the questions about guards. */
import type { CallValue } from '../../facts/model.ts';
import { seen, type Closure, type Frame, type Held } from './held.ts';
import { detached } from './detached.ts';
import { evaluate } from './run-expression.ts';
import type { Run } from './run.ts';

export function calleeOf(run: Run, frame: Frame, call: CallValue): Held {
  const { f } = call;
  return f.k === 'ref' || f.k === 'member' || f.k === 'call'
    ? seen(evaluate(run, frame, f))
    : { t: 'unknown' };
}

/** Functions of the project. */
export function targetsOf(run: Run, call: CallValue, callee: Held): Closure[] {
  if (callee.t === 'closure') return [callee];
  const site = run.graph.site(call);
  return (site ? run.graph.edgesOf(site) : [])
    .filter((each) => each.kind === 'call' || each.kind === 'map' || each.kind === 'each')
    .slice(0, 10)
    .map((each) => detached(run, each.to));
}
