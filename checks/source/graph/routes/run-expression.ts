/** Expressions while registration is followed: names, members, literals, choices. Used by `run.ts`. */
import type { Value } from '../../facts/model.ts';
import { beyond, maybe, NOTHING, seen, truthOf, UNKNOWN, UNSEEN, type Frame, type Held } from './held.ts';
import { globalOf, lookUp, memberOf, moduleOf, selfOf } from './members.ts';
import { bind, conditionOf, under, type Run } from './run.ts';
import { awaited, runCall } from './run-call.ts';

export function evaluate(run: Run, frame: Frame, value: Value): Held {
  switch (value.k) {
    case 'ref':
      return lookUp(run, frame, value.b);
    case 'global':
      return globalOf(run, frame, value.name);
    case 'this':
      return selfOf(frame) ?? UNKNOWN;
    case 'none':
      return NOTHING;
    case 'text':
      return { t: 'text', text: value.t };
    case 'constant':
      return { t: 'constant', value: constantOf(value.t, value.text) };
    case 'member':
      return memberOf(run, evaluate(run, frame, value.o), value.p);
    case 'index':
      return indexOf(run, frame, value);
    case 'call':
      return runCall(run, frame, value);
    case 'fn':
      return { t: 'closure', file: frame.file, fn: value.id, scope: frame };
    case 'class':
      return { t: 'class', file: frame.file, cls: value.id, scope: frame, statics: new Map() };
    case 'object':
      return objectOf(run, frame, value);
    case 'array':
      return listOf(run, frame, value.items);
    case 'assign':
      return assign(run, frame, value);
    case 'choice':
      return chosen(run, frame, value);
    case 'await':
      return awaited(evaluate(run, frame, value.v));
    case 'operands':
      return combined(run, frame, value);
    case 'import':
      return moduleOf(run, frame.file, value.from);
    case 'void':
    case 'spread':
      evaluate(run, frame, value.v);
      return NOTHING;
    case 'super':
      return UNKNOWN;
  }
}

function constantOf(kind: string, text: string): number | boolean | null {
  return kind === 'number' ? Number(text) : kind === 'boolean' ? text === 'true' : null;
}

function indexOf(run: Run, frame: Frame, value: Value & { k: 'index' }): Held {
  const index = seen(evaluate(run, frame, value.i));
  const of = evaluate(run, frame, value.o);
  if (index.t === 'text') return memberOf(run, of, index.text);
  if (index.t === 'constant' && typeof index.value === 'number')
    return memberOf(run, of, String(index.value));
  return UNKNOWN;
}

function objectOf(run: Run, frame: Frame, value: Value & { k: 'object' }): Held {
  const { conditions } = run;
  const fields = new Map<string, { value: Held; conditions: typeof conditions }>();
  let open = false;
  for (const each of value.spread) {
    const from = seen(evaluate(run, frame, each));
    if (from.t === 'object') for (const [name, field] of from.fields) fields.set(name, field);
    else if (from.t === 'maybe') spreadMaybe(fields, from);
    else if (from.t !== 'none' && from.t !== 'constant') open = true;
  }
  const made: Held = { t: 'object', fields, open, conditions };
  const facts = run.graph.program.files[frame.file]?.facts;
  for (const [name, each] of value.props) {
    const held = evaluate(run, frame, each);
    const owner = held.t === 'closure' ? facts?.functions[held.fn]?.owner : undefined;
    const own = owner && 'object' in owner && owner.object === value.id;
    fields.set(name, { value: own && held.t === 'closure' ? { ...held, self: made } : held, conditions });
  }
  return made;
}

/** `...(config.auth && { preHandler: guard })`. */
function spreadMaybe(
  fields: Map<string, { value: Held; conditions: Run['conditions'] }>,
  from: Held & { t: 'maybe' },
): void {
  for (const [side, isThen] of [
    [seen(from.then), true],
    [seen(from.otherwise), false],
  ] as const) {
    if (side.t !== 'object') continue;
    for (const [name, field] of side.fields) {
      const before = fields.get(name)?.value ?? NOTHING;
      const value: Held = isThen
        ? maybe(from.conditions, field.value, before)
        : { t: 'maybe', conditions: from.conditions, then: before, otherwise: field.value };
      fields.set(name, { ...field, value });
    }
  }
}

export function listOf(run: Run, frame: Frame, items: readonly Value[]): Held & { t: 'list' } {
  const out: Held[] = [];
  let open = false;
  for (const each of items) {
    if (each.k !== 'spread') {
      out.push(evaluate(run, frame, each));
      continue;
    }
    const list = seen(evaluate(run, frame, each.v));
    if (list.t === 'list') {
      out.push(...list.items);
      open ||= list.open;
    } else if (list.t === 'maybe') out.push(list);
    else if (list.t !== 'none') open = true;
  }
  return { t: 'list', items: out, open, conditions: run.conditions };
}

function assign(run: Run, frame: Frame, value: Value & { k: 'assign' }): Held {
  const given = evaluate(run, frame, value.v);
  const held = value.plain ? given : assignedOver(run, frame, value, given);
  const { t } = value;
  if (t.k === 'ref') assignName(run, frame, t.b, held);
  else if (t.k === 'member') assignMember(run, evaluate(run, frame, t.o), t.p, held);
  else if (t.k === 'index') {
    const of = seen(evaluate(run, frame, t.o));
    const index = seen(evaluate(run, frame, t.i));
    const isMark = index.t === 'external' && index.path === 'Symbol.for()' && index.args?.[0]?.t === 'text';
    if (of.t === 'closure' && isMark) of.skipsOverride = true;
    else if (index.t === 'text') assignMember(run, of, index.text, held);
  }
  return held;
}

/** `a ??= b` and `a ||= b` keep what is there; any other operator makes something that is not followed. */
function assignedOver(run: Run, frame: Frame, value: Value & { k: 'assign' }, given: Held): Held {
  if (value.v.k === 'operands') return UNKNOWN;
  const before = evaluate(run, frame, value.t);
  const truth = truthOf(before);
  return truth === undefined ? UNKNOWN : truth ? before : given;
}

function assignName(run: Run, frame: Frame, b: number, held: Held): void {
  for (let each: Frame | undefined = frame; each; each = each.parent) {
    const known = each.values.get(b);
    if (!known) continue;
    const value = maybe(beyond(run.conditions, known.conditions), held, known.value);
    each.values.set(b, { value, conditions: known.conditions });
    return;
  }
  bind(run, frame, b, held);
}

function assignMember(run: Run, target: Held, name: string, held: Held): void {
  const of = seen(target);
  if (of.t === 'router') of.router.decorations.set(name, held);
  if (of.t !== 'object' && of.t !== 'class') return;
  const fields = of.t === 'object' ? of.fields : of.statics;
  const known = of.t === 'object' ? of.conditions : [];
  const before = fields.get(name)?.value ?? NOTHING;
  fields.set(name, { value: maybe(beyond(run.conditions, known), held, before), conditions: known });
}

/** `c ? a : b`, `a && b`, `a || b`, `a ?? b`. */
function chosen(run: Run, frame: Frame, value: Value & { k: 'choice' }): Held {
  const { c } = value;
  const [first, second] = value.vs;
  if (!first) return UNKNOWN;
  const head = c ?? first;
  const left = evaluate(run, frame, head);
  const truth = truthOf(left);
  const later = (each: Value | undefined): Held => (each ? evaluate(run, frame, each) : left);
  if (!c) {
    if (truth === true) return left;
    if (truth === false) return later(second);
  } else if (truth !== undefined) return truth ? later(first) : second ? later(second) : left;
  const condition = conditionOf(run, frame, head, run.graph.function(frame).at);
  const opposite = { ...condition, negated: !condition.negated };
  if (!c)
    return maybe(
      [condition],
      left,
      under(run, opposite, () => later(second)),
    );
  const then = under(run, condition, () => later(first));
  return maybe([condition], then, second ? under(run, opposite, () => later(second)) : NOTHING);
}

function combined(run: Run, frame: Frame, value: Value & { k: 'operands' }): Held {
  const vs = value.vs.map((each) => evaluate(run, frame, each));
  if (value.texts) return { t: 'text', text: value.texts.map((each, i) => each + textOf(vs, i)).join('') };
  const [left, right] = vs;
  if (value.op === '!' && left) {
    const truth = truthOf(left);
    return truth === undefined ? UNKNOWN : { t: 'constant', value: !truth };
  }
  if (!left || !right) return UNKNOWN;
  if (value.op === '+' && [left, right].some((each) => seen(each).t === 'text'))
    return { t: 'text', text: textOf([left], 0) + textOf([right], 0) };
  const equal = value.op === '===' || value.op === '==';
  if (!equal && value.op !== '!==' && value.op !== '!=') return UNKNOWN;
  const [a, b] = [plainOf(left), plainOf(right)];
  return a === undefined || b === undefined ? UNKNOWN : { t: 'constant', value: (a === b) === equal };
}

function textOf(vs: readonly Held[], position: number): string {
  if (position >= vs.length) return '';
  const held = vs[position] && seen(vs[position]);
  if (held?.t === 'text') return held.text;
  return held?.t === 'constant' ? String(held.value) : UNSEEN;
}

function plainOf(held: Held): string | undefined {
  const value = seen(held);
  if (value.t === 'text') return value.text.includes(UNSEEN) ? undefined : `"${value.text}`;
  if (value.t === 'constant') return String(value.value);
  return value.t === 'none' ? 'undefined' : undefined;
}
