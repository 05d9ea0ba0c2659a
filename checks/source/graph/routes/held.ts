/**
 * What a value holds while the registration of routes is followed: closures with their scope, routers, texts, lists.
 * Made by the interpreter beside it, read by the route table and the rules about guards.
 */
import type { Location } from '../../../../harness/verdict.ts';
import type { Value } from '../../facts/model.ts';
import type { Router } from './router.ts';

/** Something known only when the program runs, on which it depends what is registered. */
export interface Condition {
  /** Equal for equal conditions of one file. */
  key: string;
  /** The other branch of the same condition. */
  negated: boolean;
  place: Location;
  /** A case of a `switch`: whether one of them always holds is not known. */
  isCase?: true;
}

/** The bindings of one run of a function; `self` is what `this` is there. */
export interface Frame {
  file: number;
  fn: number;
  values: Map<number, Bound>;
  parent: Frame | undefined;
  self?: Held;
  returns: { value: Held; conditions: readonly Condition[] }[];
  /** Under which it was called. */
  conditions: readonly Condition[];
}

interface Bound {
  value: Held;
  conditions: readonly Condition[];
}

export interface Closure {
  t: 'closure';
  file: number;
  fn: number;
  scope: Frame;
  self?: Held;
  /** fastify-plugin: the plugin has no scope of its own. */
  skipsOverride?: boolean;
}

export interface ObjectHeld {
  t: 'object';
  fields: Map<string, Bound>;
  /** The class it is an instance of. */
  of?: ClassHeld;
  /** Fields that are not listed may be there. */
  open: boolean;
  conditions: readonly Condition[];
}

export interface ClassHeld {
  t: 'class';
  file: number;
  cls: number;
  scope: Frame;
  statics: Map<string, Bound>;
}

export interface ListHeld {
  t: 'list';
  items: Held[];
  /** There may be more. */
  open: boolean;
  conditions: readonly Condition[];
}

/** What a package or the platform exports, and what comes of calling that; `args` are those of the last call. */
export interface ExternalHeld {
  t: 'external';
  from: string;
  path: string;
  args?: Held[];
}

export interface MaybeHeld {
  t: 'maybe';
  conditions: readonly Condition[];
  then: Held;
  otherwise: Held;
  /** How many values it can be. */
  size?: number;
}

export type Held =
  | { t: 'none' }
  | { t: 'unknown' }
  /** May hold `UNSEEN` where a part is not known. */
  | { t: 'text'; text: string }
  | { t: 'constant'; value: number | boolean | null }
  | Closure
  | ClassHeld
  | ObjectHeld
  | ListHeld
  | ExternalHeld
  | { t: 'module'; file: number }
  /** The things that the flow analysis knows to be there, where no run of the code was followed. */
  | { t: 'flow'; node: number }
  | { t: 'router'; router: Router }
  /** `router.route('/path')`. */
  | { t: 'chain'; router: Router; path: string }
  /** A method of a list, a router, a text, a function. */
  | { t: 'method'; of: Held; name: string }
  | MaybeHeld
  /** A call that registers nothing: run when its result is asked for. */
  | { t: 'later'; run: () => Held };

/** Stands in a text for a part that is not known. */
export const UNSEEN = '\u0000';
export const UNKNOWN: Held = { t: 'unknown' };
export const NOTHING: Held = { t: 'none' };

/** Runs what was put off. */
export function seen(held: Held): Held {
  let each = held;
  for (let depth = 0; each.t === 'later'; depth += 1) {
    if (depth > 20) return UNKNOWN;
    each = each.run();
  }
  return each;
}

/** Branches share what they have in common, so a value of a few steps can be one of millions: so many are told apart. */
const ALTERNATIVES = 200;

/** Whether a value counts as true; `undefined` when that is not known. */
export function truthOf(held: Held, left = { alternatives: 10 * ALTERNATIVES }): boolean | undefined {
  const value = seen(held);
  switch (value.t) {
    case 'none':
      return false;
    case 'text':
      return value.text.includes(UNSEEN) ? undefined : value.text !== '';
    case 'constant':
      return Boolean(value.value);
    case 'closure':
    case 'class':
    case 'object':
    case 'list':
    case 'router':
      return true;
    case 'maybe': {
      left.alternatives -= 1;
      if (left.alternatives <= 0) return undefined;
      const then = truthOf(value.then, left);
      return then === undefined || then === truthOf(value.otherwise, left) ? then : undefined;
    }
    default:
      return undefined;
  }
}

/** One value under conditions, another without them; nothing to choose without conditions. */
export function maybe(conditions: readonly Condition[], then: Held, otherwise: Held): Held {
  if (conditions.length === 0) return then;
  const size = sizeOf(then) + sizeOf(otherwise);
  return size > ALTERNATIVES ? UNKNOWN : { t: 'maybe', conditions, then, otherwise, size };
}

const sizeOf = (held: Held): number =>
  held.t === 'maybe' ? (held.size ?? sizeOf(held.then) + sizeOf(held.otherwise)) : 1;

/** What is there under conditions and nothing without them; what may be one of two things stays as it is. */
export function thereUnder(held: Held): { held: Held; conditions: Condition[] } {
  const value = seen(held);
  if (value.t !== 'maybe') return { held: value, conditions: [] };
  const isThen = seen(value.otherwise).t === 'none';
  if (!isThen && seen(value.then).t !== 'none') return { held: value, conditions: [] };
  const side = seen(isThen ? value.then : value.otherwise);
  const own = value.conditions.map((each) => (isThen ? each : { ...each, negated: !each.negated }));
  // After a case that does not hold, whether one of the next does is not known.
  const inner = own.some((each) => each.isCase) ? { held: side, conditions: [] } : thereUnder(side);
  return { held: inner.held, conditions: [...own, ...inner.conditions] };
}

/** The conditions of the first list that are not in the second. */
export function beyond(conditions: readonly Condition[], known: readonly Condition[]): readonly Condition[] {
  if (conditions === known) return [];
  return conditions.filter(
    (each) => !known.some((other) => other.key === each.key && other.negated === each.negated),
  );
}

/** A value as one word, equal for the same expression wherever it stands in a file. */
export function valueKey(value: Value): string {
  const known = keys.get(value) ?? writeKey(value);
  keys.set(value, known);
  return known;
}

const keys = new WeakMap<Value, string>();

function writeKey(value: Value): string {
  return JSON.stringify(value, (key, each: unknown) =>
    key === 'at' || key === 'start' || key === 'end' || key === 'id' || key === 'text' ? undefined : each,
  );
}
