/**
 * Whether a function can turn a request away: by what it throws, answers, or hands to `next`, itself or through what it
 * calls. Asked by `assess.ts` and the rules about guards.
 */
import type { Statement, Value } from '../../facts/model.ts';
import { functionKey } from '../graph.ts';
import { walkValue } from './denial-calls.ts';
import type { Closure, Frame } from './held.ts';
import type { Place } from './denial-signs.ts';
import { asksAdmin } from './admin-words.ts';
import { evaluate } from './run-expression.ts';
import type { Run } from './run.ts';
import { frameOf, isDenied, type Status } from './status.ts';
import { addThrown, errorsOf, splitBy, type Thrown } from './thrown.ts';
import { holdsForUnknown } from './unknown-user.ts';

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
  /** Denies users that are no more. */
  unknownUser: boolean;
  /** Hands the request to code that is not followed. */
  unseen: boolean;
  /** What leaves it, but for errors of another status. */
  errors: Thrown[];
}

export interface Walk extends Place {
  found: Denial;
  /** Inside a try with a catch: what is thrown stays, here. */
  caught?: Thrown[];
  /** In a catch: what came to this part of it. */
  handling?: Handling;
  /** What happens here happens because a token was not valid. */
  isInvalid: boolean;
  /** What happens here happens because the user of the token is no more, or was never set. */
  isUnknown: boolean;
  /** Behind a test for admins. */
  asks: boolean;
  depth: number;
}

interface Handling {
  /** The binding of the error. */
  b: number | undefined;
  arrives: readonly Thrown[];
  /** A token that is not valid comes here as well. */
  verified: boolean;
  /** `isInvalid` around the try. */
  outer: boolean;
}

const none = (): Denial => ({
  answers: false,
  throws: false,
  throwsDenied: false,
  verifies: false,
  verifiesCaught: false,
  decides: false,
  unknownUser: false,
  unseen: false,
  errors: [],
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
  walkAll(walkOf(run, closure, found, depth), run.graph.function(closure).body);
  return found;
}

/** What a part of a function does. */
export function denialIn(run: Run, closure: Closure, statements: readonly Statement[]): Denial {
  const found = none();
  walkAll(walkOf(run, closure, found, 0), statements);
  return found;
}

const walkOf = (run: Run, closure: Closure, found: Denial, depth: number): Walk => ({
  ...{ run, frame: frameOf(closure), closure, found },
  ...{ isInvalid: false, isUnknown: false, asks: false, depth },
});

export function walkAll(walk: Walk, statements: readonly Statement[]): void {
  let here = walk;
  for (const each of statements) {
    walkStatement(here, each);
    if (each.s !== 'if') continue;
    if (leaves(each.then)) here = branchesOf(here, each.c)[1];
    else if (leaves(each.else)) here = branchesOf(here, each.c)[0];
  }
}

const leaves = (body: readonly Statement[]): boolean => /^(return|throw)$/.test(body.at(-1)?.s ?? '');

/** In a catch, a test of the error's class tells what comes to each branch; elsewhere, one of the user whom it denies. */
function branchesOf(walk: Walk, test: Value): [then: Walk, otherwise: Walk] {
  const { handling, asks } = walk;
  if (!handling) {
    const holds = asks ? undefined : holdsForUnknown(walk.run, walk.closure, test);
    const unknown = { ...walk, isUnknown: true };
    return [holds === true ? unknown : walk, holds === false ? unknown : walk];
  }
  const [then, otherwise] = splitBy(walk.run, walk.frame, handling.b, test, handling.arrives);
  return [inCatch(walk, { ...handling, arrives: then }), inCatch(walk, { ...handling, arrives: otherwise })];
}

function inCatch(walk: Walk, handling: Handling): Walk {
  const { outer, verified, arrives } = handling;
  return { ...walk, handling, isInvalid: outer || (verified && !arrives.some((each) => each.decides)) };
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
      noteError(walk, statement.v);
      return;
    case 'if':
      walkIf(walk, statement);
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

function walkIf(walk: Walk, { c, then, else: otherwise }: Statement & { s: 'if' }): void {
  walkValue(walk, c);
  const [first, second] = branchesOf({ ...walk, asks: walk.asks || asksAdmin(c) }, c);
  walkAll(first, then);
  walkAll(second, otherwise);
}

function walkTry(walk: Walk, { body, catch: handler, finally: after }: Statement & { s: 'try' }): void {
  if (handler) {
    const inHandler = walkCaught(walk, handler.b, (inner) => walkAll(inner, body));
    walkAll(inHandler, handler.body);
  } else walkAll(walk, body);
  walkAll(walk, after ?? []);
}

/** A catch around a verification is where the token is not valid; gives the walk of the catch. */
export function walkCaught(walk: Walk, b: number | undefined, body: (inner: Walk) => void): Walk {
  const { found, isInvalid: outer } = walk;
  const before = found.verifies;
  found.verifies = false;
  const arrives: Thrown[] = [];
  body({ ...walk, caught: arrives });
  const verified = found.verifies;
  found.verifies ||= before;
  return inCatch(walk, { b, arrives, verified, outer });
}

/** An error on its way out, or to the catch around it; what a catch throws on is what came to it. */
export function noteError(walk: Walk, value: Value): void {
  const { run, frame, handling } = walk;
  const decides = !walk.isInvalid;
  for (const each of errorsOf(run, frame, value))
    noteThrown(walk, { ...each, decides: decides && !isOfUnknown(walk, each.status) });
  if (value.k === 'ref' && handling && value.b === handling.b)
    for (const each of handling.arrives) noteThrown(walk, { ...each, decides: each.decides || decides });
}

/** Says 401 to a user that is no more. */
export function isOfUnknown({ isUnknown, found }: Walk, status: Status): boolean {
  const is = isUnknown && status === 'unauthorized';
  if (is) found.unknownUser = true;
  return is;
}

/** An error that says another status than 401 or 403 denies nobody. */
export function noteThrown({ found, caught, asks }: Walk, error: Thrown): void {
  if (caught) {
    // Beside a verification, only what is sure to be no matter of the token counts.
    const decides = error.decides && found.verifies && (error.status === 'forbidden' || asks);
    addThrown(caught, { ...error, decides });
    return;
  }
  if (error.status === 'other') return;
  found.throws = true;
  if (isDenied(error.status)) found.throwsDenied = true;
  if (error.decides) found.decides = true;
  addThrown(found.errors, error);
}
