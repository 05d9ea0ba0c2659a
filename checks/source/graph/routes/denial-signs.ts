/** Signs of a denial in a call: an answer of 401 or 403, an error handed to `next`, a token verified. Used by `denial.ts`. */
import type { CallValue, Value } from '../../facts/model.ts';
import type { FunctionRef } from '../graph.ts';
import type { Closure, Frame, Held } from './held.ts';
import { isVerifier, packageGuard } from './packages.ts';
import type { Run } from './run.ts';
import { either, isDenied, statusOfValue, type Status } from './status.ts';

/** In which function a call is looked at. */
export interface Place {
  run: Run;
  frame: Frame;
  closure: Closure;
}

const ANSWERS = new Set(
  'code status sendStatus writeHead throw json text html body send newResponse error abort'.split(' '),
);

/** `request.jwtVerify()` of fastify, `verify` of the packages for tokens. */
export function isVerifying(call: CallValue, callee: Held): boolean {
  if (callee.t === 'external') return isVerifier(callee.from, callee.path);
  return call.f.k === 'member' && call.f.p === 'jwtVerify' && callee.t !== 'closure';
}

/** The status of an answer of 401 or 403. */
export function answersDenied(at: Place, call: CallValue): Status {
  const { f } = call;
  const statusOf = (each: Value): Status =>
    each.k === 'object'
      ? either(each.props.map(([name, of]) => (name === 'status' ? statusOf(of) : undefined)))
      : statusOfValue(at.run, at.frame, each);
  const denied = (): Status => either(call.a.map(statusOf).filter(isDenied));
  if (call.isNew) return f.k === 'global' && f.name === 'Response' ? denied() : undefined;
  if (f.k !== 'member') return undefined;
  if ((f.p === 'unauthorized' || f.p === 'forbidden') && parameterAt(at, f.o) !== undefined) return f.p;
  return ANSWERS.has(f.p) ? denied() : undefined;
}

/** The place of the parameter that a value is, or is a member of. */
export function parameterOf(run: Run, ref: FunctionRef, value: Value): number | undefined {
  let each = value;
  while (each.k === 'member' || each.k === 'index' || each.k === 'await')
    each = each.k === 'await' ? each.v : each.o;
  if (each.k !== 'ref') return undefined;
  const { b } = each;
  const own = run.graph.function(ref);
  const position = own.params.findIndex((parameter) => parameter.b === b);
  return position >= 0 ? position : undefined;
}

const parameterAt = (at: Place, value: Value): number | undefined => parameterOf(at.run, at.closure, value);

/** `next(error)`, `done(error)`: a parameter of the function that is not its first. */
export function isNext(at: Place, call: CallValue): boolean {
  return call.f.k === 'ref' && (parameterAt(at, call.f) ?? 0) > 0;
}

/** What the frameworks themselves offer on a request, a reply or a context. */
const OWN_METHODS = new Set(
  (
    'get header headers set is accepts param params query json text html body formData parseBody raw send code status type ' +
    'redirect render end cookie setCookie clearCookie notFound var hijack callNotFound getHeader hasHeader removeHeader ' +
    'setHeader on once off emit vary append links location download sendFile write flushHeaders serialize validateInput'
  ).split(' '),
);

/** The request is handed to code that is not followed, which may deny. */
export function isUnseen(at: Place, call: CallValue, callee: Held): boolean {
  if (callee.t === 'external') {
    const given = call.a.some((each) => parameterAt(at, each) !== undefined);
    const kind = packageGuard(callee);
    return given && kind === 'unknown';
  }
  const { f } = call;
  if (f.k === 'ref') return parameterAt(at, f) === undefined && givesRequest(at, call);
  if (f.k === 'call') return givesRequest(at, call);
  if (f.k !== 'member') return false;
  if (f.o.k === 'ref' && parameterAt(at, f.o) === 0) return !OWN_METHODS.has(f.p);
  return parameterAt(at, f.o) === undefined && givesRequest(at, call);
}

/** The whole request, or who sent it, is among the arguments. */
export function givesRequest(at: Place, call: CallValue): boolean {
  return call.a.some(
    (each) =>
      parameterAt(at, each) === 0 &&
      (each.k === 'ref' ||
        (each.k === 'member' &&
          /^(user|auth|session|headers|cookies|token|viewer|state|raw|req|request)$/.test(each.p))),
  );
}
