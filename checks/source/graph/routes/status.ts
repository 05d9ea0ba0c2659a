/** The HTTP status of an error or an answer, as far as the code tells. Used by `denial.ts`. */
import type { Value } from '../../facts/model.ts';
import { seen, type Frame, type Held } from './held.ts';
import type { Run } from './run.ts';
import { evaluate } from './run-expression.ts';

/** `unauthorized`: 401; `forbidden`: 403; `other`: another 4xx or 5xx. */
export type Status = 'unauthorized' | 'forbidden' | 'other' | undefined;

/** 401 or 403. */
export const isDenied = (status: Status): boolean => status === 'unauthorized' || status === 'forbidden';

const ONES: Readonly<Record<number, Status>> = { 401: 'unauthorized', 403: 'forbidden' };

const ofNumber = (code: number): Status => ONES[code] ?? (code >= 400 && code < 600 ? 'other' : undefined);

/** Names of packages' constants and error classes. */
const FORBIDDEN = /(FORBIDDEN|Forbidden|forbidden)/;
const UNAUTHORIZED = /(UNAUTHORIZED|Unauthori[sz]ed|unauthori[sz]ed)/;
const OTHER =
  /(BAD_?REQUEST|NOT_?FOUND|CONFLICT|UNPROCESSABLE|TOO_?MANY|INTERNAL|UNAVAILABLE|GONE|NOT_?IMPLEMENTED|BAD_?GATEWAY|VALIDATION|ZODERROR)/i;

/** The status that a plain value names: a number, a constant, one of a package's names. */
export function statusOfValue(run: Run, frame: Frame, value: Value): Status {
  if (value.k === 'constant') return value.t === 'number' ? ofNumber(Number(value.text)) : undefined;
  if (value.k === 'choice') return either(value.vs.map((each) => statusOfValue(run, frame, each)));
  if (value.k !== 'ref' && value.k !== 'member') return undefined;
  return statusOfHeld(seen(evaluate(run, frame, value)));
}

function statusOfHeld(held: Held): Status {
  if (held.t === 'constant') return typeof held.value === 'number' ? ofNumber(held.value) : undefined;
  if (held.t === 'external') return ofName(held.path);
  return undefined;
}

const ofName = (name: string): Status =>
  FORBIDDEN.test(name)
    ? 'forbidden'
    : UNAUTHORIZED.test(name)
      ? 'unauthorized'
      : OTHER.test(name)
        ? 'other'
        : undefined;

export function either(all: readonly Status[]): Status {
  return (['forbidden', 'unauthorized', 'other'] as const).find((each) => all.includes(each));
}

/** The status of what is thrown or given to `next`. */
export function statusOfError(run: Run, frame: Frame, value: Value, depth = 0): Status {
  if (depth > 4) return undefined;
  if (value.k === 'choice') return either(value.vs.map((each) => statusOfError(run, frame, each, depth)));
  if (value.k === 'await') return statusOfError(run, frame, value.v, depth);
  if (value.k === 'object')
    return either(
      value.props
        .filter(([name]) => /^(status|statusCode|code)$/.test(name))
        .map(([, each]) => statusOfValue(run, frame, each)),
    );
  if (value.k !== 'call') return undefined;
  if (
    value.f.k === 'member' &&
    value.f.o.k === 'global' &&
    value.f.o.name === 'Object' &&
    value.f.p === 'assign'
  )
    return either(value.a.map((each) => statusOfError(run, frame, each, depth + 1)));
  const own = either(
    value.a.map((each) =>
      each.k === 'object' ? statusOfError(run, frame, each, depth) : statusOfValue(run, frame, each),
    ),
  );
  if (own) return own;
  const callee = seen(evaluate(run, frame, value.f));
  if (callee.t === 'external') return ofName(callee.path);
  if (callee.t === 'class') return statusOfClass(run, callee, depth);
  if (callee.t === 'closure') return statusReturned(run, callee, depth);
  return undefined;
}

/** `class Forbidden extends Error { status = 403 }`, `super(403, ...)`. */
function statusOfClass(run: Run, cls: Held & { t: 'class' }, depth: number): Status {
  const facts = run.graph.program.files[cls.file]?.facts;
  const fact = facts?.classes[cls.cls];
  if (!facts || !fact || depth > 4) return undefined;
  const bodies = [fact.fields, fact.construct].flatMap((fn) =>
    fn === undefined ? [] : (facts.functions[fn]?.body ?? []),
  );
  const own = bodies.map((each): Status => {
    if (each.s !== 'do') return undefined;
    if (each.v.k === 'assign') return statusOfValue(run, cls.scope, each.v.v);
    if (each.v.k === 'call' && each.v.f.k === 'super')
      return either(each.v.a.map((arg) => statusOfValue(run, cls.scope, arg)));
    return undefined;
  });
  const found = either(own);
  if (found || !fact.base) return found;
  const base = seen(evaluate(run, cls.scope, fact.base));
  if (base.t === 'class') return statusOfClass(run, base, depth + 1);
  return base.t === 'external' && base.from !== 'global' ? ofName(base.path) : undefined;
}

function statusReturned(run: Run, closure: Held & { t: 'closure' }, depth: number): Status {
  const scope = frameOf(closure);
  return either(
    run.graph
      .function(closure)
      .body.map((each) => (each.s === 'return' ? statusOfError(run, scope, each.v, depth + 1) : undefined)),
  );
}

/** A scope in which nothing is known of the parameters: for questions about a function that is not run. */
export function frameOf(closure: Held & { t: 'closure' }): Frame {
  return {
    file: closure.file,
    fn: closure.fn,
    values: new Map(),
    parent: closure.scope,
    ...(closure.self ? { self: closure.self } : {}),
    returns: [],
    conditions: [],
  };
}
