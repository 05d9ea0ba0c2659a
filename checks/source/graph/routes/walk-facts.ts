/** What statements and expressions are made of. Used by the questions about guards. */
import type { Statement, Value } from '../../facts/model.ts';

/** The values that an expression is made of; functions in it are not run by it. */
export function operandsOf(value: Value): readonly Value[] {
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

/** The expressions of a statement itself. */
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

/** The statements inside a statement. */
export function bodiesOf(statement: Statement): Statement[][] {
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

/** All statements, those inside others included; not those of functions in them. */
export function* eachStatement(body: readonly Statement[]): Generator<Statement> {
  for (const statement of body) {
    yield statement;
    for (const inner of bodiesOf(statement)) yield* eachStatement(inner);
  }
}

/** All values of a body, operands included. */
export function* eachValue(body: readonly Statement[]): Generator<Value> {
  for (const statement of eachStatement(body))
    for (const each of valuesOf(statement)) yield* eachOperand(each);
}

/** A value and what it is made of. */
export function* eachOperand(value: Value): Generator<Value> {
  yield value;
  for (const each of operandsOf(value)) yield* eachOperand(each);
}
