/** Walks over the values and statements of the facts. Used by whoever looks at code where the order of its steps does not matter. */
import type { Statement, Value } from './model.ts';

/** The operands of a value, one level down; functions and classes are not entered. */
export function innerValues(value: Value): readonly Value[] {
  switch (value.k) {
    case 'member':
      return [value.o];
    case 'index':
      return [value.o, value.i];
    case 'call':
      return [value.f, ...value.a];
    case 'object':
      return [...value.props.map(([, each]) => each), ...value.spread];
    case 'array':
      return value.items;
    case 'spread':
    case 'await':
    case 'void':
      return [value.v];
    case 'assign':
      return [value.t, value.v];
    case 'choice':
      return value.c ? [value.c, ...value.vs] : value.vs;
    case 'operands':
      return value.vs;
    default:
      return [];
  }
}

/** A value and everything inside it. */
export function* eachValue(value: Value): Generator<Value> {
  yield value;
  for (const each of innerValues(value)) yield* eachValue(each);
}

/** Whether one value is somewhere inside another, or is it. */
export function contains(whole: Value, part: Value): boolean {
  return whole === part || innerValues(whole).some((each) => contains(each, part));
}

/** The values that statements evaluate, with where the statement stands; those of inner blocks included. */
export function* placedValues(statements: readonly Statement[]): Generator<{ value: Value; at: number }> {
  for (const each of statements) {
    switch (each.s) {
      case 'do':
      case 'let':
      case 'return':
      case 'throw':
        yield { value: each.v, at: each.at };
        break;
      case 'if':
        yield { value: each.c, at: each.at };
        yield* placedValues([...each.then, ...each.else]);
        break;
      case 'loop':
        if (each.of) yield { value: each.of.v, at: each.at };
        yield* placedValues([...each.head, ...each.body]);
        break;
      case 'try':
        yield* placedValues([...each.body, ...(each.catch?.body ?? []), ...(each.finally ?? [])]);
        break;
      case 'switch':
        yield { value: each.v, at: each.at };
        yield* placedValues(each.cases.flat());
        break;
      case 'block':
        yield* placedValues(each.body);
        break;
      case 'jump':
    }
  }
}

/** The values that statements evaluate. */
export function* statementValues(statements: readonly Statement[]): Generator<Value> {
  for (const each of placedValues(statements)) yield each.value;
}

/** Nothing: `null`, `undefined`, no initial value. */
export const isNothing = (value: Value): boolean =>
  value.k === 'none' ||
  (value.k === 'constant' && value.t === 'null') ||
  (value.k === 'void' && isPlain(value.v));

/** A value that says no: `null`, `undefined`, `false`, `0`. */
export const isOff = (value: Value): boolean =>
  isNothing(value) || (value.k === 'constant' && (value.text === 'false' || value.text === '0'));

const isPlain = (value: Value): boolean => value.k === 'constant';

/** Statements and those inside them, in the order of the text; not those of nested functions. */
export function* eachStatement(statements: readonly Statement[]): Generator<Statement> {
  for (const each of statements) {
    yield each;
    for (const inner of innerStatements(each)) yield* eachStatement(inner);
  }
}

export function innerStatements(statement: Statement): readonly Statement[][] {
  switch (statement.s) {
    case 'if':
      return [statement.then, statement.else];
    case 'loop':
      return [statement.head, statement.body];
    case 'try':
      return [statement.body, statement.catch?.body ?? [], statement.finally ?? []];
    case 'switch':
      return statement.cases;
    case 'block':
      return [statement.body];
    default:
      return [];
  }
}

/** The values that a statement itself evaluates. */
export function valuesOf(statement: Statement): Value[] {
  switch (statement.s) {
    case 'do':
    case 'let':
    case 'return':
    case 'throw':
    case 'switch':
      return [statement.v];
    case 'if':
      return [statement.c];
    case 'loop':
      return statement.of ? [statement.of.v] : [];
    default:
      return [];
  }
}

/** All values in statements. */
export function* eachValueIn(statements: readonly Statement[]): Generator<Value> {
  for (const statement of eachStatement(statements))
    for (const value of valuesOf(statement)) yield* eachValue(value);
}

/** One of the bindings occurs in the value. */
export function mentions(value: Value, bindings: ReadonlySet<number>): boolean {
  for (const each of eachValue(value)) if (each.k === 'ref' && bindings.has(each.b)) return true;
  return false;
}
