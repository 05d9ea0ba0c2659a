/** Reads what stands behind the `@`s of a class or a method. Used by the class reader; asked for by the route table. */
import { ts } from 'ts-morph';
import type { Context } from './context.ts';
import type { Value } from './model.ts';
import { readExpression } from './read-expression.ts';

export function readDecorators(context: Context, node: ts.Node): { decorators?: Value[] } {
  const found = ts.canHaveDecorators(node) ? (ts.getDecorators(node) ?? []) : [];
  return found.length === 0
    ? {}
    : { decorators: found.map((each) => readExpression(context, each.expression)) };
}
