/**
 * Whether a function can turn a request away: by what it throws, answers, or hands to `next`, itself or through what it
 * calls. Asked by `assess.ts` and the rules about guards.
 */
import type { CallValue, Statement, Value } from '../../facts/model.ts';
import { functionKey } from '../graph.ts';
import type { Closure, Frame, Held } from './held.ts';
import { answersDenied, givesRequest, isNext, isUnseen, isVerifying, type Place } from './denial-signs.ts';
import { calleeOf, targetsOf } from './callees.ts';
import { operandsOf } from './walk-facts.ts';
import { evaluate } from './run-expression.ts';
import type { Run } from './run.ts';
import { frameOf, statusOfError, statusOfValue, type Status } from './status.ts';

/** What was seen of a function and of what it calls. */
export interface Denial {
  /** Answers 401 or 403, or hands such an error on. */
  answers: boolean;
  /** An error with one of these, or one of unknown status, leaves it. */
  throws: boolean;
  /** It is sure that what is thrown says 401 or 403. */
  throwsDenied: boolean;
  /** Asks whether a token is valid, and for nothing else. */
  verifies: boolean;
  /** It does so inside a try, which keeps what is thrown. */
  verifiesCaught: boolean;
  /** Denies for another reason than a token that is not valid. */
  decides: boolean;
  /** Hands the request to code that is not followed. */
  unseen: boolean;
}

interface Walk extends Place {
  found: Denial;
  /** Inside a try with a catch: what is thrown stays. */
  isCaught: boolean;
  /** What happens here happens because a token was not valid. */
  isInvalid: boolean;
  depth: number;
}

const none = (): Denial => ({
  answers: false,
  throws: false,
  throwsDenied: false,
  verifies: false,
  verifiesCaught: false,
  decides: false,
  unseen: false,
});

const known = new WeakMap<Run, Map<string, { scope: Frame; found: Denial }[]>>();

export function denialOf(run: Run, closure: Closure, depth = 0): Denial {
  const cache = known.get(run) ?? new Map<string, { scope: Frame; found: Denial }[]>();
  known.set(run, cache);
  const list = cache.get(functionKey(closure)) ?? [];
  cache.set(functionKey(closure), list);
  const same = list.find((each) => each.scope === closure.scope);
  if (same || depth > 8 || list.length > 40) return same?.found ?? none();
  const found = none();
  list.push({ scope: closure.scope, found });
  const frame = frameOf(closure);
  walkAll(
    { run, frame, closure, found, isCaught: false, isInvalid: false, depth },
    run.graph.function(closure).body,
  );
  return found;
}

/** What a part of a function does. */
export function denialIn(run: Run, closure: Closure, statements: readonly Statement[]): Denial {
  const found = none();
  const frame = frameOf(closure);
  walkAll({ run, frame, closure, found, isCaught: false, isInvalid: false, depth: 0 }, statements);
  return found;
}

function walkAll(walk: Walk, statements: readonly Statement[]): void {
  for (const each of statements) walkStatement(walk, each);
}

function walkStatement(walk: Walk, statement: Statement): void {
  switch (statement.s) {
    case 'do':
    case 'return':
      walkValue(walk, statement.v);
      return;
    case 'let':
      walkValue(walk, statement.v);
      if (statement.v.k === 'fn')
        walk.frame.values.set(statement.b, {
          value: evaluate(walk.run, walk.frame, statement.v),
          conditions: [],
        });
      return;
    case 'throw':
      walkValue(walk, statement.v);
      noteError(walk, statement.v, !walk.isCaught);
      return;
    case 'if':
      walkValue(walk, statement.c);
      walkAll(walk, statement.then);
      walkAll(walk, statement.else);
      return;
    case 'loop':
      walkAll(walk, statement.head);
      if (statement.of) walkValue(walk, statement.of.v);
      walkAll(walk, statement.body);
      return;
    case 'try':
      walkTry(walk, statement);
      return;
    case 'switch':
      walkValue(walk, statement.v);
      for (const each of statement.cases) walkAll(walk, each);
      return;
    case 'block':
      walkAll(walk, statement.body);
      return;
    case 'jump':
  }
}

/** A catch around a verification is where the token is not valid. */
function walkTry(walk: Walk, statement: Statement & { s: 'try' }): void {
  const before = walk.found.verifies;
  walk.found.verifies = false;
  walkAll({ ...walk, isCaught: walk.isCaught || statement.catch !== undefined }, statement.body);
  const verified = walk.found.verifies;
  if (statement.catch) walkAll({ ...walk, isInvalid: walk.isInvalid || verified }, statement.catch.body);
  walkAll(walk, statement.finally ?? []);
  walk.found.verifies ||= before;
}

/** Notes an error on its way out; one that says another status than 401 or 403 denies nobody. */
function noteError(walk: Walk, value: Value, leaves: boolean): void {
  if (!leaves) return;
  const status: Status = statusOfError(walk.run, walk.frame, value);
  if (status === 'other') return;
  walk.found.throws = true;
  if (status === 'denied') walk.found.throwsDenied = true;
  if (!walk.isInvalid) walk.found.decides = true;
}

function walkValue(walk: Walk, value: Value): void {
  if (value.k === 'call') {
    walkCall(walk, value);
    return;
  }
  if (value.k === 'assign') noteStatus(walk, value);
  for (const each of operandsOf(value)) walkValue(walk, each);
}

/** `ctx.status = 401`. */
function noteStatus(walk: Walk, value: Value & { k: 'assign' }): void {
  if (value.t.k !== 'member' || !/^(status|statusCode)$/.test(value.t.p)) return;
  if (statusOfValue(walk.run, walk.frame, value.v) === 'denied') noteAnswer(walk);
}

function noteAnswer(walk: Walk): void {
  walk.found.answers = true;
  if (!walk.isInvalid) walk.found.decides = true;
}

function walkCall(walk: Walk, call: CallValue): void {
  walkValue(walk, call.f);
  const callee = calleeOf(walk.run, walk.frame, call);
  const verifies = isVerifying(call, callee);
  if (verifies) walk.found.verifies = true;
  if (verifies && walk.isCaught) walk.found.verifiesCaught = true;
  if (answersDenied(walk, call)) noteAnswer(walk);
  if (isNext(walk, call))
    noteError(walk, call.a[0] ?? { k: 'none' }, call.a.length > 0 && call.a[0]?.k !== 'text');
  const chained = call.f.k === 'member' && ['then', 'catch', 'finally'].includes(call.f.p);
  for (const each of call.a) {
    if (each.k === 'fn')
      walkCallback(
        { ...walk, isCaught: walk.isCaught || !chained, isInvalid: walk.isInvalid || verifies },
        each,
      );
    else walkValue(walk, each);
  }
  if (!verifies) walkCallee(walk, call, callee);
}

function walkCallback(walk: Walk, value: Value & { k: 'fn' }): void {
  walkAll(walk, walk.run.graph.function({ file: walk.frame.file, fn: value.id }).body);
}

function walkCallee(walk: Walk, call: CallValue, callee: Held): void {
  const { run, depth } = walk;
  const targets = targetsOf(run, call, callee);
  const given = givesRequest(walk, call);
  for (const each of targets) merge(walk, denialOf(run, each, depth + 1), given);
  if (targets.length === 0 && isUnseen(walk, call, callee)) walk.found.unseen = true;
}

function merge({ found, isCaught, isInvalid }: Walk, inner: Denial, isGivenRequest: boolean): void {
  found.answers ||= inner.answers;
  found.verifies ||= inner.verifies;
  found.verifiesCaught ||= inner.verifiesCaught || (inner.verifies && isCaught);
  // What a callee does with anything but the request is no guard.
  found.unseen ||= inner.unseen && isGivenRequest;
  if (!isCaught) {
    found.throws ||= inner.throws;
    found.throwsDenied ||= inner.throwsDenied;
  }
  const counts = inner.answers || !isCaught;
  if (inner.decides && counts && !isInvalid) found.decides = true;
}
