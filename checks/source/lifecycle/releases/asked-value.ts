/** Whether a check lets a run through once something is stored: `if (phase === 'stopped') return` after `phase = 'draining'`. Used by reentry. */
import type { Value } from '../../facts/model.ts';
import type { FunctionRef, Graph } from '../../graph/graph.ts';
import { placesOf } from '../traces/places.ts';
import type { Event } from '../traces/trace.ts';

type Check = Event & { e: 'check' };
type Store = Event & { e: 'store' };
type Literal = Value & { k: 'text' | 'constant' };

/** Whether another run comes through the check to the release when the store is made; `undefined` when that is not known. */
export function comesThrough(
  graph: Graph,
  check: Check,
  release: Event & { e: 'release' },
  { place, plain, value }: Store,
): boolean | undefined {
  const branch = release.choices.get(check.id);
  const passes = branch === undefined ? check.goesOn : check.isIf ? branch === 0 : undefined;
  if (passes === undefined || place === undefined || !plain || !isLiteral(value)) return undefined;
  const outcome = outcomeOf({ graph, ref: check.ref, place, value }, check.condition);
  return outcome === undefined ? undefined : outcome === passes;
}

interface Stored {
  graph: Graph;
  /** Where the condition stands. */
  ref: FunctionRef;
  place: string;
  value: Literal;
}

/** What a condition gives when the place holds the value; `undefined` when that depends on more. */
function outcomeOf(stored: Stored, condition: Value): boolean | undefined {
  const { graph, ref, place, value } = stored;
  if (condition.k === 'ref' || condition.k === 'member')
    return placesOf(graph).of(condition, ref) === place ? isTrue(value) : undefined;
  if (condition.k === 'choice') return eitherOutcome(stored, condition);
  if (condition.k !== 'operands') return undefined;
  const [left, right] = condition.vs;
  if (condition.op === '!' && left) return not(outcomeOf(stored, left));
  if (!left || !right || !/^[!=]==?$/.test(condition.op ?? '')) return undefined;
  const [asked, other] = isLiteral(right) ? [right, left] : [left, right];
  if (!isLiteral(asked) || placesOf(graph).of(other, ref) !== place) return undefined;
  const same = areSame(asked, value);
  return condition.op?.startsWith('!') ? not(same) : same;
}

/** `a && b` has a condition and one value, `a || b` two values. */
function eitherOutcome(stored: Stored, { c, vs }: Value & { k: 'choice' }): boolean | undefined {
  const [first, second] = (c ? [c, ...vs] : vs).map((each) => outcomeOf(stored, each));
  if (vs.length + (c ? 1 : 0) !== 2) return undefined;
  if (first === second) return first;
  // The first one alone decides: it is no `&&`, `false ?? b` is false.
  if (c) return first === false || second === false ? false : undefined;
  return first === true ? true : undefined;
}

const not = (outcome: boolean | undefined): boolean | undefined =>
  outcome === undefined ? undefined : !outcome;

const isLiteral = (value: Value): value is Literal => value.k === 'text' || value.k === 'constant';

const isTrue = (value: Literal): boolean =>
  value.k === 'text'
    ? value.t !== ''
    : value.text === 'true' || (value.t === 'number' && Number(value.text) !== 0);

/** Two literals of one type; `1 == '1'` is not looked into. */
function areSame(a: Literal, b: Literal): boolean | undefined {
  if (a.k === 'text' && b.k === 'text') return a.t === b.t;
  if (a.k !== 'constant' || b.k !== 'constant') return undefined;
  if (a.t !== b.t) return undefined;
  return a.t === 'number' ? Number(a.text) === Number(b.text) : a.text === b.text;
}
