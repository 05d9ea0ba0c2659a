/**
 * The calls whose result decides whether a guard lets a request pass, and the functions that they call. Used by
 * guard-denies-on-error.
 */
import { eachStatement, eachValueIn } from '../../facts/walk.ts';
import type { CallValue, Statement, Value } from '../../facts/model.ts';
import { callees } from './decision-callees.ts';
import { denialIn } from './denial.ts';
import { parameterOf } from './denial-signs.ts';
import type { Closure } from './held.ts';
import type { Run } from './run.ts';

/** A call in a guard, or in what a guard calls, whose result is tested. */
export interface Decision {
  call: CallValue;
  /** The function that asks. */
  by: Closure;
  /** Functions of the project that answer. */
  targets: Closure[];
  isAwaited: boolean;
  /** True lets pass; false for lists of those who may not. */
  isPermit: boolean;
  /** Lies in a try whose catch denies. */
  isCaught: boolean;
}

/** Decisions made in a function. */
export function decisionsIn(run: Run, by: Closure): Decision[] {
  const { body } = run.graph.function(by);
  const lets = new Map<number, Value>();
  for (const each of eachStatement(body)) if (each.s === 'let') lets.set(each.b, each.v);
  const out: Decision[] = [];
  inBody({ run, by, lets, out }, body, false);
  return out;
}

interface Search {
  run: Run;
  by: Closure;
  lets: ReadonlyMap<number, Value>;
  out: Decision[];
}

function inBody(search: Search, body: readonly Statement[], isCaught: boolean): void {
  body.forEach((statement, position) => {
    if (statement.s === 'try') {
      const { body: guarded, catch: handler, finally: after } = statement;
      const denies = handler !== undefined && isDenial(search, handler.body);
      inBody(search, guarded, isCaught || denies);
      inBody(search, handler?.body ?? [], isCaught);
      inBody(search, after ?? [], isCaught);
      return;
    }
    if (statement.s === 'if') addTests(search, statement, body.slice(position + 1), isCaught);
    if (statement.s === 'if')
      for (const each of [statement.then, statement.else]) inBody(search, each, isCaught);
    if (statement.s === 'loop' || statement.s === 'block') inBody(search, statement.body, isCaught);
    if (statement.s === 'switch') for (const each of statement.cases) inBody(search, each, isCaught);
  });
}

/** It says 401 or 403, or throws right here; that something called here may fail is no denial. */
function isDenial({ run, by }: Search, body: readonly Statement[]): boolean {
  const found = denialIn(run, by, body);
  if (found.answers || found.throwsDenied) return true;
  return found.throws && (throwsHere(body) || handsOn(run, by, body));
}

const throwsHere = (body: readonly Statement[]): boolean =>
  [...eachStatement(body)].some((each) => each.s === 'throw');

/** `next(error)`. */
const handsOn = (run: Run, by: Closure, body: readonly Statement[]): boolean =>
  [...eachValueIn(body)].some(
    (each) =>
      each.k === 'call' && each.a.length > 0 && each.f.k === 'ref' && (parameterOf(run, by, each.f) ?? 0) > 0,
  );

/** `if (!(await isAdmin(id))) deny`, or `if (await isAdmin(id)) pass`, with the denial after it. */
function addTests(
  search: Search,
  statement: Statement & { s: 'if' },
  rest: readonly Statement[],
  isCaught: boolean,
): void {
  const then = isDenial(search, statement.then);
  const otherwise = isDenial(search, statement.else) || isDenial(search, rest);
  if (!then && !otherwise) return;
  for (const { value, isAwaited, isNegated } of testsIn(statement.c, search.lets)) {
    // `if (!x) deny` lets x pass; `if (x) deny` keeps x out.
    const isPermit = then ? isNegated : !isNegated;
    search.out.push({
      call: value,
      by: search.by,
      targets: callees(search.run, search.by, value),
      isAwaited,
      isPermit,
      isCaught,
    });
  }
}

interface Test {
  value: CallValue;
  isAwaited: boolean;
  isNegated: boolean;
}

/** The calls whose results are tested as true or false. */
function testsIn(
  value: Value,
  lets: ReadonlyMap<number, Value>,
  isNegated = false,
  isAwaited = false,
  depth = 0,
): Test[] {
  const inner = (each: Value, negated = isNegated, awaited = isAwaited): Test[] =>
    depth > 12 ? [] : testsIn(each, lets, negated, awaited, depth + 1);
  if (value.k === 'call') return [{ value, isAwaited, isNegated }];
  if (value.k === 'await') return inner(value.v, isNegated, true);
  if (value.k === 'choice')
    return [...(value.c ? [value.c] : []), ...value.vs].flatMap((each) => inner(each));
  if (value.k === 'ref') {
    const made = lets.get(value.b);
    return made && (made.k === 'call' || made.k === 'await') ? inner(made) : [];
  }
  if (value.k !== 'operands') return [];
  const [left, right] = value.vs;
  if (value.op === '!' && left) return inner(left, !isNegated);
  const compared = right?.k === 'constant' && right.t === 'boolean' ? right.text === 'true' : undefined;
  if (left === undefined || compared === undefined) return [];
  if (value.op === '===' || value.op === '==') return inner(left, compared ? isNegated : !isNegated);
  return value.op === '!==' || value.op === '!=' ? inner(left, compared ? !isNegated : isNegated) : [];
}
