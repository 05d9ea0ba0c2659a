/**
 * When something happens in a run of the shutdown, and what that says of two such moments: which begins first, and
 * whether it is done by then. Made by the sequence, asked by the rules on order, deadlines and draining.
 */
import type { FunctionRef, Resource, Site, Step } from '../../graph/graph.ts';
import type { ThingId } from '../../graph/flow/things.ts';

/**
 * One turn on the way from the root to a moment: the position in a list of things that happen one after the other
 * (`series`), at the same time (`parallel`), in an order that is not known (`unordered`), or of which only one happens
 * (`either`).
 */
export interface Turn {
  list: number;
  index: number;
  how: 'series' | 'parallel' | 'unordered' | 'either';
  /** Whether all of the list are there at once is not certain: what has chosen them is not known. */
  isUnsure?: true;
  /** What comes later in the series comes when this is done. */
  waited: boolean;
  /** The call whose promise is left alone here: something may wait for it later. */
  promise?: number;
  /** The last call of the turn: its promise is that of the turn. */
  ends?: number;
  /** Nothing follows: the branch leaves its function, or ends the process. */
  leaves?: 'function' | 'process';
  /** Tells the calls of one function apart. */
  frame: number;
}

export interface Moment {
  /** The call; absent for a store and for a wait for something else. */
  site?: Site;
  step: Step;
  ref: FunctionRef;
  turns: readonly Turn[];
  /** Moments with the same number happen with no wait in between. */
  tick: number;
  /** What the call releases itself. */
  released: readonly Resource[];
  /** The calls that lead here from the root, the outermost first. */
  chain: readonly Site[];
  /** Promises that are waited for here, by the calls that gave them. */
  waitsFor: ReadonlySet<number>;
  /** Whether the call is made on a thing, or given it. */
  mentions(thing: ThingId): boolean;
  /** What the call begins is waited for: by its own await, or by the promise in whose executor it stands. */
  isAwaited: boolean;
}

/** A call that the sequence came to. */
export type CallMoment = Moment & { site: Site };

export const isCall = (moment: Moment): moment is CallMoment => moment.site !== undefined;

/** `apart`: only one of the two happens, or their order is not known. */
export type Order = 'before' | 'overlaps' | 'after' | 'overlapped' | 'together' | 'apart';

/**
 * How the first moment lies to the second. `before`: it is done when the other begins; `overlaps`: it has begun, and
 * nobody has waited for it; `after` and `overlapped` are the same the other way round; `together`: side by side.
 */
export function orderOf(all: readonly Moment[], a: Moment, b: Moment): Order {
  const depth = divergence(a, b);
  const [one, other] = [a.turns[depth], b.turns[depth]];
  if (!one || !other || one.list !== other.list) return 'apart';
  if (one.how === 'either' || one.how === 'unordered') return 'apart';
  if (one.how === 'parallel') return 'together';
  const isFirst = one.index < other.index;
  const [first, second] = isFirst ? [a, b] : [b, a];
  if (isLeft(first, depth)) return 'apart';
  const done = isDone(all, first, second, depth);
  if (isFirst) return done ? 'before' : 'overlaps';
  return done ? 'after' : 'overlapped';
}

/**
 * Why the order of two releases is not known. `unordered`: they come one after the other in a list whose order is not
 * followed; `parted`: they are side by side in a list, and one of them in another one, too, of which this may be a part.
 */
export function doubtOf(all: readonly Moment[], a: Moment, b: Moment): 'unordered' | 'parted' | undefined {
  const depth = divergence(a, b);
  const [one, other] = [a.turns[depth], b.turns[depth]];
  if (!one || one.list !== other?.list) return undefined;
  if (one.how === 'unordered') return 'unordered';
  if (one.how !== 'parallel' || !one.isUnsure) return undefined;
  const released = new Set([...a.released, ...b.released]);
  return all.some(
    (each) =>
      each.turns[depth]?.list !== one.list && each.released.some((resource) => released.has(resource)),
  )
    ? 'parted'
    : undefined;
}

function divergence(a: Moment, b: Moment): number {
  let depth = 0;
  while (
    a.turns[depth] &&
    a.turns[depth]?.list === b.turns[depth]?.list &&
    a.turns[depth]?.index === b.turns[depth]?.index
  )
    depth += 1;
  return depth;
}

/** The first is in a branch that ends what the second is in. */
function isLeft(first: Moment, depth: number): boolean {
  const frame = first.turns[depth]?.frame;
  return first.turns
    .slice(depth + 1)
    .some((each) => each.leaves === 'process' || (each.leaves === 'function' && each.frame === frame));
}

/** Nothing on the way to the first was left alone, or something waits for it before the second. */
function isDone(all: readonly Moment[], first: Moment, second: Moment, depth: number): boolean {
  return first.turns.slice(depth).every((turn) => turn.waited || isWaitedFor(all, turn, first, second));
}

function isWaitedFor(all: readonly Moment[], turn: Turn, first: Moment, second: Moment): boolean {
  return all.some(
    (each) =>
      ((turn.promise !== undefined && each.waitsFor.has(turn.promise)) || isWaitForResource(each, first)) &&
      isInOrder(first, each) &&
      isInOrder(each, second),
  );
}

/** `await once(server, 'close')`: a call that is waited for and is given what was released. */
function isWaitForResource(moment: Moment, release: Moment): boolean {
  return (
    moment.isAwaited &&
    moment.released.length === 0 &&
    release.released.some((each) => moment.mentions(each.id))
  );
}

function isInOrder(a: Moment, b: Moment): boolean {
  const depth = divergence(a, b);
  const [one, other] = [a.turns[depth], b.turns[depth]];
  return one?.how === 'series' && one.list === other?.list && one.index < other.index;
}
