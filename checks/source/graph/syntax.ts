/** Walks over the facts of a function where the order of steps does not matter. Used by the modules about handlers and exits. */
import type { Statement, Value } from '../facts/model.ts';
import { eachValue } from './values.ts';

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
