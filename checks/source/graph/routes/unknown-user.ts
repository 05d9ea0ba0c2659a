/**
 * Tests that ask only whether the user of a token exists, and what a guard asks beside that. Used by `denial.ts` and
 * `assess.ts`. Whatever is not certain counts as a test that may ask for more.
 */
import { eachStatement, eachValue, eachValueIn, isNothing } from '../../facts/walk.ts';
import type { CallValue, Statement, Value } from '../../facts/model.ts';
import type { FunctionRef } from '../graph.ts';
import { ADMIN_FIELD, namesAdmin } from './admin-words.ts';
import { callees, reachedFrom, returnsOf } from './decision-callees.ts';
import { isVerifying, parameterOf } from './denial-signs.ts';
import { calleeOf } from './callees.ts';
import type { Closure } from './held.ts';
import type { Run } from './run.ts';
import { frameOf } from './status.ts';

/** Words of code that chooses among users. */
const RIGHTS =
  /admin|role|permi|grant|allow|deny|privil|right|polic|acl\b|rbac|abilit|scope|super|owner|staff|operator|ensure|assert|require|check|authori[sz]e|protect|\bcan[A-Z(]|\.can\b|\bmay[A-Z]/i;
/** Words of SQL that asks for more than one column. */
const NARROWED = /\b(and|or|join|exists|in|having|union)\b/i;
const DEPTH = 3;

/** `undefined`: the test asks something else; else whether it holds for a user that is no more. */
export function holdsForUnknown(run: Run, by: Closure, test: Value): boolean | undefined {
  const { of, holds } = existence(test) ?? {};
  if (of === undefined || holds === undefined) return undefined;
  return isIdentity(run, by, of) || isUser(run, by, of) ? holds : undefined;
}

/** `!x`, `x === undefined`, `x == null`, `x`: what is asked for, and whether the test holds when that is not there. */
function existence(test: Value): { of: Value; holds: boolean } | undefined {
  if (test.k !== 'operands') return { of: test, holds: false };
  const [left, right] = test.vs;
  if (test.op === '!' && left) {
    const inner = existence(left);
    return inner && { of: inner.of, holds: !inner.holds };
  }
  if (!left || !right || !/^[!=]==?$/.test(test.op ?? '') || !isNothing(right)) return undefined;
  return { of: left, holds: test.op?.startsWith('=') === true };
}

/** `request.user` that nothing but the verification of the token sets. */
const isIdentity = (run: Run, by: Closure, value: Value): boolean =>
  value.k === 'member' &&
  value.p === 'user' &&
  value.o.k === 'ref' &&
  parameterOf(run, by, value.o) === 0 &&
  !isSetInProject(run);

const set = new WeakMap<Run, boolean>();

function isSetInProject(run: Run): boolean {
  const known = set.get(run) ?? run.graph.program.files.some(({ facts }) => facts.functions.some(setsUser));
  set.set(run, known);
  return known;
}

const setsUser = ({ body }: { body: readonly Statement[] }): boolean =>
  [...eachValueIn(body)].some(
    (each) =>
      (each.k === 'assign' && each.t.k === 'member' && each.t.p === 'user') ||
      (each.k === 'call' &&
        each.text === 'Object.assign' &&
        each.a.some((of) => of.k === 'object' && of.props.some(([name]) => name === 'user'))),
  );

/** The result of a function of the project that looks up users, whatever their role. */
function isUser(run: Run, by: Closure, value: Value): boolean {
  if (value.k === 'await') return isUser(run, by, value.v);
  if (value.k === 'call') return looksUpUsers(run, by, value, 0);
  if (value.k !== 'ref') return false;
  const made = onlyValue(run.graph.function(by).body, value.b);
  return made !== undefined && made.k !== 'ref' && isUser(run, by, made);
}

/** What a binding holds that is written once. */
export function onlyValue(body: readonly Statement[], b: number): Value | undefined {
  const lets = [...eachStatement(body)].flatMap((each) => (each.s === 'let' && each.b === b ? [each.v] : []));
  const isChanged = [...eachValueIn(body)].some(
    (each) => each.k === 'assign' && each.t.k === 'ref' && each.t.b === b,
  );
  return lets.length === 1 && !isChanged ? lets[0] : undefined;
}

function looksUpUsers(run: Run, by: Closure, call: CallValue, depth: number): boolean {
  const targets = onlyTargets(run, by, call);
  return (
    depth <= DEPTH &&
    !RIGHTS.test(call.text) &&
    targets.length > 0 &&
    targets.every((each) => choosesNobody(run, each, depth) && givesUsers(run, each, depth))
  );
}

/** Empty: something else may be called there. */
function onlyTargets(run: Run, by: Closure, call: CallValue): Closure[] {
  const site = run.graph.site(call);
  const things = site ? run.graph.things(site.callee) : [];
  return things.every((each) => each.t === 'function') ? callees(run, by, call) : [];
}

/** It goes straight through, compares nothing, and no word of it tells of rights. */
function choosesNobody(run: Run, closure: Closure, depth: number): boolean {
  const { body } = run.graph.function(closure);
  if (![...eachStatement(body)].every((each) => each.s === 'let' || each.s === 'return')) return false;
  return [...eachValueIn(body)].every((each) => {
    if (each.k === 'text') return !RIGHTS.test(each.t) && !NARROWED.test(each.t);
    if (each.k === 'member') return !RIGHTS.test(each.p);
    if (each.k === 'operands') return isRow(body, existence(each)?.of);
    if (each.k === 'choice') return !each.c || isRow(body, existence(each.c)?.of);
    if (each.k !== 'call') return each.k !== 'fn' && each.k !== 'assign';
    if (RIGHTS.test(each.text)) return false;
    const targets = callees(run, closure, each);
    if (targets.length === 0 && !readsByKey(run, closure, each)) return false;
    return targets.every((to) => makesUser(run, to) || (depth < DEPTH && choosesNobody(run, to, depth + 1)));
  });
}

/** `database.prepare('SELECT ...').get(id)`: the statement is there to be read, and the rest is known in the function. */
function readsByKey(run: Run, { file, fn }: Closure, call: CallValue): boolean {
  if (call.f.k === 'global') return true;
  const { params, body } = run.graph.function({ file, fn });
  const own = new Set(params.map((each) => each.b));
  for (const each of eachStatement(body)) if (each.s === 'let') own.add(each.b);
  const given = chainOf(call).flatMap((each) => each.a);
  return (
    given.some((each) => each.k === 'text' && /^\s*select\b/i.test(each.t)) &&
    given.flatMap((each) => [...eachValue(each)]).every((each) => each.k !== 'ref' || own.has(each.b))
  );
}

/** A call, and those that it is made on. */
function chainOf(call: CallValue): CallValue[] {
  const found = [call];
  let each: Value = call.f;
  while (each.k === 'member' || each.k === 'call') {
    if (each.k === 'call') found.push(each);
    each = each.k === 'member' ? each.o : each.f;
  }
  return found;
}

/** What it gives is nothing, or a user that says itself whether it is an admin: so not all of them are. */
function givesUsers(run: Run, closure: Closure, depth: number): boolean {
  const { body } = run.graph.function(closure);
  const isUsers = (each: Value): boolean =>
    isMarked(each) ||
    (each.k === 'call' &&
      (onlyTargets(run, closure, each).some((to) => makesUser(run, to)) ||
        looksUpUsers(run, closure, each, depth + 1)));
  const leaves = returnsOf(body).flatMap(leavesOf);
  return (
    leaves.some(isUsers) && leaves.every((each) => isUsers(each) || isNothing(each) || isRow(body, each))
  );
}

/** What a call gave that looked something up, and not a part of it. */
function isRow(body: readonly Statement[], value: Value | undefined): boolean {
  const made = value?.k === 'ref' ? onlyValue(body, value.b) : undefined;
  const call = made && unwrapped(made);
  return call?.k === 'call' && call.f.k !== 'global';
}

function leavesOf(value: Value): Value[] {
  if (value.k === 'await') return leavesOf(value.v);
  return value.k === 'choice' ? value.vs.flatMap(leavesOf) : [value];
}

function makesUser(run: Run, ref: FunctionRef): boolean {
  const { body } = run.graph.function(ref);
  const [only] = body;
  return body.length === 1 && only?.s === 'return' && isMarked(only.v);
}

/** `{ isAdmin: row.is_admin === 1 }`, `{ role: row.role === 'admin' ? 'admin' : 'user' }`. */
const isMarked = (value: Value): boolean =>
  value.k === 'object' &&
  value.props.some(
    ([name, of]) =>
      of.k !== 'text' &&
      of.k !== 'constant' &&
      (ADMIN_FIELD.test(name) || (/^role$/i.test(name) && [...eachValue(of)].some(namesAdmin))),
  );

const LOGGING = /\.(trace|debug|info|warn|error|fatal)$/;

/** Nothing in a guard, or in what it calls, may turn a request away that is not followed, and no test of it asks for rights. */
export function asksNothingElse(run: Run, guard: Closure): boolean {
  const own = run.graph.function(guard).body;
  const tests = [...eachStatement(own)].flatMap((each) =>
    each.s === 'if' || each.s === 'switch' ? [testOf(each)] : [],
  );
  const chosen = [...eachValueIn(own)].flatMap((each) => (each.k === 'choice' && each.c ? [each.c] : []));
  if ([...tests, ...chosen].some(tellsOfRights)) return false;
  return reachedFrom(run, guard).every((closure) => {
    const { body } = run.graph.function(closure);
    const dropped = new Set(
      [...eachStatement(body)].flatMap((each) => (each.s === 'do' ? [unwrapped(each.v)] : [])),
    );
    return [...eachValueIn(body)].every(
      (each) => each.k !== 'call' || !isForeign(run, closure, each, dropped.has(each)),
    );
  });
}

const testOf = (statement: Statement & { s: 'if' | 'switch' }): Value =>
  statement.s === 'if' ? statement.c : statement.v;

const tellsOfRights = (value: Value): boolean =>
  [...eachValue(value)].some(
    (each) =>
      (each.k === 'member' && RIGHTS.test(each.p)) ||
      (each.k === 'call' && RIGHTS.test(each.text)) ||
      (each.k === 'text' && RIGHTS.test(each.t)),
  );

const unwrapped = (value: Value): Value =>
  value.k === 'await' || value.k === 'void' ? unwrapped(value.v) : value;

/** A call that is not followed, made only for what it does or with a word for rights: it may throw at those who may not. */
function isForeign(run: Run, by: Closure, call: CallValue, isDropped: boolean): boolean {
  const callee = calleeOf(run, frameOf(by), call);
  if (call.f.k === 'super' || LOGGING.test(call.text) || isVerifying(call, callee)) return false;
  if (callee.t === 'external' && callee.from === 'global') return false;
  if (callees(run, by, call).length > 0) return false;
  if (RIGHTS.test(call.text)) return true;
  return isDropped && parameterOf(run, by, calledOn(call)) === undefined;
}

/** `reply` of `reply.code(401).send()`. */
function calledOn(call: CallValue): Value {
  let each: Value = call.f;
  while (each.k === 'member' || each.k === 'call') each = each.k === 'member' ? each.o : each.f;
  return each;
}
