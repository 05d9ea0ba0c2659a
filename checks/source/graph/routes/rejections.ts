/** Handlers of rejections: `check().catch(handler)`, `check().then(ok, handler)`. Used by the questions about guards. */
import type { CallValue, Statement, Value } from '../../facts/model.ts';
import type { FunctionRef } from '../graph.ts';
import { detached } from './detached.ts';
import { seen, type Closure, type Frame } from './held.ts';
import { evaluate } from './run-expression.ts';
import type { Run } from './run.ts';

export interface RejectionHandler {
  /** What rejects. */
  of: Value;
  /** What runs when it does not. */
  ok?: Value;
  /** The binding of the error. */
  b?: number;
  body: readonly Statement[];
  /** A function of the project that is named; without it the handler is written in place. */
  named?: Closure;
}

/** Absent: the call handles no rejection, or with a function that is not followed. */
export function rejectionHandlerOf(run: Run, frame: Frame, call: CallValue): RejectionHandler | undefined {
  const { f } = call;
  if (f.k !== 'member' || (f.p !== 'catch' && f.p !== 'then')) return undefined;
  const [first, second] = call.a;
  const handler = f.p === 'catch' ? first : second;
  if (!handler) return undefined;
  const site = run.graph.site(call);
  // An object of the project with a method of that name is no promise.
  const own = site ? run.graph.things(site.callee).some((each) => each.t === 'function') : false;
  if (own) return undefined;
  const given = { of: f.o, ...(f.p === 'then' && first ? { ok: first } : {}) };
  if (handler.k === 'fn') return { ...given, ...partsOf(run, { file: frame.file, fn: handler.id }) };
  if (handler.k !== 'ref' && handler.k !== 'member') return undefined;
  const held = seen(evaluate(run, frame, handler));
  if (held.t === 'external')
    return held.from === 'global' && held.path.startsWith('console.') ? { ...given, body: [] } : undefined;
  if (held.t === 'closure') return { ...given, ...partsOf(run, held), named: held };
  const [only, ...others] = held.t === 'flow' ? run.graph.things(held.node) : [];
  if (only?.t !== 'function' || others.length > 0) return undefined;
  const named = detached(run, only);
  return { ...given, ...partsOf(run, named), named };
}

function partsOf(run: Run, ref: FunctionRef): Pick<RejectionHandler, 'b' | 'body'> {
  const { params, body } = run.graph.function(ref);
  const [error] = params;
  return { body, ...(error ? { b: error.b } : {}) };
}
