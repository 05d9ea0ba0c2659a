/** The places of a guard that hold its own denial, and whether it goes on there. Used by guard-denies-on-error. */
import { eachStatement, eachValueIn } from '../../facts/walk.ts';
import type { Statement, Value } from '../../facts/model.ts';
import { denialIn } from './denial.ts';
import { parameterOf } from './denial-signs.ts';
import type { Closure } from './held.ts';
import { rejectionHandlerOf } from './rejections.ts';
import type { Run } from './run.ts';
import { frameOf } from './status.ts';

/** A try of a guard that holds its denial, or a call whose rejection is one. */
export interface DenyingTry {
  at: number;
  /** The catch goes on as if the request had passed. */
  swallows: boolean;
}

export function denyingTries(run: Run, guard: Closure): DenyingTry[] {
  return triesIn(run, guard, run.graph.function(guard).body, []);
}

function triesIn(
  run: Run,
  guard: Closure,
  body: readonly Statement[],
  after: readonly Statement[],
): DenyingTry[] {
  return body.flatMap((statement, position): DenyingTry[] => {
    const rest = [...body.slice(position + 1), ...after];
    if (statement.s === 'if')
      return [statement.then, statement.else].flatMap((each) => triesIn(run, guard, each, rest));
    if (statement.s === 'block' || statement.s === 'loop') return triesIn(run, guard, statement.body, rest);
    if (statement.s === 'do' || statement.s === 'return') return rejectionsIn(run, guard, statement, rest);
    if (statement.s !== 'try') return [];
    const inner = triesIn(run, guard, statement.body, rest);
    const found = denialIn(run, guard, statement.body);
    if (!statement.catch || (!found.answers && !found.throws)) return inner;
    return [...inner, { at: statement.catch.at, swallows: goesOn(run, guard, statement.catch.body, rest) }];
  });
}

/** `await check().catch(handler);`; where the result is used, it may say what the handler made of it. */
function rejectionsIn(
  run: Run,
  guard: Closure,
  { s, v, at }: Statement & { s: 'do' | 'return' },
  rest: readonly Statement[],
): DenyingTry[] {
  const call = v.k === 'await' || v.k === 'void' ? v.v : v;
  const handler = call.k === 'call' ? rejectionHandlerOf(run, frameOf(guard), call) : undefined;
  if (call.k !== 'call' || !handler) return [];
  const { of, named = guard, body } = handler;
  if (!denialIn(run, guard, [{ s: 'do', v: of, at }]).throwsDenied) return [];
  const after = s === 'return' ? [] : rest;
  return [
    { at: call.at, swallows: isIgnored(run, guard, { by: named, body, isUsed: s === 'return' }, after) },
  ];
}

function isIgnored(
  run: Run,
  guard: Closure,
  { by, body, isUsed }: { by: Closure; body: readonly Statement[]; isUsed: boolean },
  rest: readonly Statement[],
): boolean {
  const denied = denialIn(run, by, body);
  if (denied.answers || denied.throws || endsOtherwise(run, by, body, isUsed)) return false;
  if (passes(run, by, body)) return true;
  const after = denialIn(run, guard, rest);
  if (after.answers || after.throws) return false;
  return handsNext(run, guard) ? passes(run, guard, rest) : true;
}

/** It or a function in it goes on with `next()`. */
function handsNext(run: Run, guard: Closure, body = run.graph.function(guard).body): boolean {
  for (const value of eachValueIn(body)) {
    if (isPass(run, guard, value)) return true;
    if (value.k !== 'fn') continue;
    if (handsNext(run, guard, run.graph.function({ file: guard.file, fn: value.id }).body)) return true;
  }
  return false;
}

/** The catch passes by itself, or does nothing and what follows passes. */
function goesOn(
  run: Run,
  guard: Closure,
  handler: readonly Statement[],
  rest: readonly Statement[],
): boolean {
  const denied = denialIn(run, guard, handler);
  if (denied.answers || denied.throws) return false;
  if (endsOtherwise(run, guard, handler)) return false;
  if (passes(run, guard, handler)) return true;
  const ends = [...eachStatement(handler)].some((each) => each.s === 'return');
  const after = denialIn(run, guard, rest);
  if (!ends && (after.answers || after.throws)) return false;
  return usesNext(run, guard) ? !ends && passes(run, guard, rest) : true;
}

/** It gives something back, throws whatever, or answers in some way. */
function endsOtherwise(run: Run, guard: Closure, handler: readonly Statement[], isUsed = true): boolean {
  for (const each of eachStatement(handler))
    if (
      each.s === 'throw' ||
      (isUsed && each.s === 'return' && each.v.k !== 'none' && !isPass(run, guard, each.v))
    )
      return true;
  for (const value of eachValueIn(handler))
    if (
      value.k === 'call' &&
      /(^|\.)(send|sendStatus|json|text|end|redirect|render|throw|destroy|status|code)$/.test(value.text)
    )
      if (value.f.k === 'member' && rootIsParameter(run, guard, value.f.o)) return true;
  return false;
}

function rootIsParameter(run: Run, guard: Closure, value: Value): boolean {
  if (value.k === 'call' && value.f.k === 'member') return rootIsParameter(run, guard, value.f.o);
  return parameterOf(run, guard, value) !== undefined;
}

/** `next()` with nothing: a parameter that is not the first. */
function isPass(run: Run, guard: Closure, value: Value): boolean {
  if (value.k === 'await') return isPass(run, guard, value.v);
  return (
    value.k === 'call' &&
    value.a.length === 0 &&
    value.f.k === 'ref' &&
    (parameterOf(run, guard, value.f) ?? 0) > 0
  );
}

const passes = (run: Run, guard: Closure, body: readonly Statement[]): boolean =>
  [...eachValueIn(body)].some((each) => isPass(run, guard, each));

const usesNext = (run: Run, guard: Closure): boolean => passes(run, guard, run.graph.function(guard).body);
