/** Reads operators with two operands, assignments among them. Used by the expression reader. */
import { ts } from 'ts-morph';
import { offsetOf, propertyName, type Context } from './context.ts';
import type { Value } from './model.ts';
import { readExpression } from './read-expression.ts';

/** From so many operands on a sum or a choice is read as a list. */
const LONG = 100;
const CHOICES = new Set([ts.SyntaxKind.QuestionQuestionToken, ts.SyntaxKind.BarBarToken]);
const CHOICE_ASSIGNMENTS = new Set([
  ts.SyntaxKind.QuestionQuestionEqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.AmpersandAmpersandEqualsToken,
]);

export function readBinary(context: Context, node: ts.BinaryExpression): Value {
  const operator = node.operatorToken.kind;
  const long = longOperands(node);
  if (long) {
    const vs = long.map((each) => readExpression(context, each));
    return CHOICES.has(operator)
      ? { k: 'choice', vs }
      : { k: 'operands', vs, op: ts.tokenToString(operator) ?? '' };
  }
  const right = (): Value => readExpression(context, node.right);
  if (operator === ts.SyntaxKind.EqualsToken || CHOICE_ASSIGNMENTS.has(operator)) {
    if (ts.isObjectLiteralExpression(node.left) || ts.isArrayLiteralExpression(node.left))
      return readPatternAssignment(context, node.left, right());
    const t = readExpression(context, node.left);
    const named = ts.isIdentifier(node.left) || ts.isPropertyAccessExpression(node.left);
    const name = named ? (ts.isIdentifier(node.left) ? node.left : node.left.name).text : '';
    const v = readExpression({ ...context, path: name ? [...context.path, name] : context.path }, node.right);
    return { k: 'assign', t, v, at: offsetOf(context, node), plain: operator === ts.SyntaxKind.EqualsToken };
  }
  const left = readExpression(context, node.left);
  if (CHOICES.has(operator)) return { k: 'choice', vs: [left, right()] };
  if (operator === ts.SyntaxKind.AmpersandAmpersandToken) return { k: 'choice', c: left, vs: [right()] };
  if (operator === ts.SyntaxKind.CommaToken) return { k: 'choice', c: left, vs: [right()] };
  if (operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment)
    return {
      k: 'assign',
      t: left,
      v: { k: 'operands', vs: [right()] },
      at: offsetOf(context, node),
      plain: false,
    };
  return { k: 'operands', vs: [left, right()], op: ts.tokenToString(operator) ?? '' };
}

/** The operands of `a + b + c ...`, when there are so many that they are read as a list instead of a tree. */
function longOperands(node: ts.BinaryExpression): ts.Expression[] | undefined {
  const operator = node.operatorToken.kind;
  if (operator !== ts.SyntaxKind.PlusToken && !CHOICES.has(operator)) return undefined;
  const found: ts.Expression[] = [];
  let each: ts.Expression = node;
  while (ts.isBinaryExpression(each) && each.operatorToken.kind === operator) {
    found.push(each.right);
    each = each.left;
  }
  return found.length < LONG ? undefined : [...found, each].reverse();
}

/** `[a, b] = v` and `({ a, b: this.c } = v)`. */
function readPatternAssignment(
  context: Context,
  target: ts.ObjectLiteralExpression | ts.ArrayLiteralExpression,
  value: Value,
): Value {
  const at = offsetOf(context, target);
  const parts: Value[] = [];
  const assign = (left: ts.Expression, part: Value): void => {
    if (ts.isBinaryExpression(left) || ts.isSpreadElement(left) || ts.isOmittedExpression(left)) return;
    if (ts.isObjectLiteralExpression(left) || ts.isArrayLiteralExpression(left))
      parts.push(readPatternAssignment(context, left, part));
    else parts.push({ k: 'assign', t: readExpression(context, left), v: part, at, plain: true });
  };
  if (ts.isArrayLiteralExpression(target))
    target.elements.forEach((each, position) => assign(each, { k: 'member', o: value, p: String(position) }));
  else
    for (const property of target.properties) {
      if (ts.isPropertyAssignment(property))
        assign(property.initializer, {
          k: 'member',
          o: value,
          p: propertyName(property.name, context.source),
        });
      else if (ts.isShorthandPropertyAssignment(property))
        assign(property.name, { k: 'member', o: value, p: property.name.text });
    }
  return { k: 'operands', vs: [value, ...parts] };
}
