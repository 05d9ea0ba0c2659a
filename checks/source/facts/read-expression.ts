/** Reads expressions into values. Used by the statement reader; mutual with `read-function.ts`. */
import { ts } from 'ts-morph';
import { NONE, nextId, offsetOf, propertyName, type Context } from './context.ts';
import type { CallValue, TypeName, Value } from './model.ts';
import { readClass } from './read-class.ts';
import { readFunction } from './read-function.ts';
import { readType } from './read-type.ts';
import { lookUp } from './scope.ts';

export function readExpression(context: Context, node: ts.Expression): Value {
  const read = (each: ts.Expression): Value => readExpression(context, each);
  if (ts.isIdentifier(node)) return readName(context, node);
  if (ts.isPropertyAccessExpression(node))
    return { k: 'member', o: read(node.expression), p: node.name.text, ...optionalMark(node) };
  if (ts.isElementAccessExpression(node)) return readIndex(context, node);
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) return readCall(context, node);
  if (ts.isAwaitExpression(node))
    return { k: 'await', v: read(node.expression), at: offsetOf(context, node) };
  if (ts.isVoidExpression(node)) return { k: 'void', v: read(node.expression) };
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node))
    return { k: 'fn', id: readFunction(context, node) };
  if (ts.isClassExpression(node)) return { k: 'class', id: readClass(context, node) };
  if (ts.isObjectLiteralExpression(node)) return readObject(context, node);
  if (ts.isArrayLiteralExpression(node))
    return { k: 'array', id: nextId(context), items: node.elements.map(read) };
  if (ts.isSpreadElement(node)) return { k: 'spread', v: read(node.expression) };
  if (ts.isBinaryExpression(node)) return readBinary(context, node);
  if (ts.isConditionalExpression(node))
    return { k: 'choice', c: read(node.condition), vs: [read(node.whenTrue), read(node.whenFalse)] };
  const inner = transparent(node);
  if (!inner) return readOther(context, node);
  const value = read(inner);
  if (value.k === 'call' && !value.as && (ts.isAsExpression(node) || ts.isTypeAssertionExpression(node))) {
    const type = readType(context, node.type);
    if (type) value.as = type;
  }
  return value;
}

/** What the type checker looks through, evaluation looks through as well. */
function transparent(node: ts.Expression): ts.Expression | undefined {
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node))
    return node.expression;
  if (
    ts.isSatisfiesExpression(node) ||
    ts.isTypeAssertionExpression(node) ||
    ts.isExpressionWithTypeArguments(node)
  )
    return node.expression;
  return undefined;
}

function readOther(context: Context, node: ts.Expression): Value {
  if (node.kind === ts.SyntaxKind.ThisKeyword) return { k: 'this' };
  if (node.kind === ts.SyntaxKind.SuperKeyword) return { k: 'super' };
  if (ts.isStringLiteralLike(node)) return { k: 'text', t: node.text };
  if (ts.isNumericLiteral(node) || ts.isBigIntLiteral(node))
    return { k: 'constant', t: 'number', text: node.text };
  if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword)
    return { k: 'constant', t: 'boolean', text: node.getText(context.source) };
  if (node.kind === ts.SyntaxKind.NullKeyword) return { k: 'constant', t: 'null', text: 'null' };
  if (ts.isMetaProperty(node)) return { k: 'member', o: { k: 'global', name: 'import' }, p: node.name.text };
  const vs: Value[] = [];
  ts.forEachChild(node, (child) => {
    if (ts.isTemplateSpan(child)) vs.push(readExpression(context, child.expression));
    else if (ts.isExpression(child)) vs.push(readExpression(context, child));
  });
  return vs.length === 0 ? NONE : { k: 'operands', vs, ...detailsOf(node) };
}

/** The operator of a prefix, the literal parts of a template. */
function detailsOf(node: ts.Expression): { op?: string; texts?: string[] } {
  if (ts.isPrefixUnaryExpression(node)) return { op: ts.tokenToString(node.operator) ?? '' };
  if (!ts.isTemplateExpression(node)) return {};
  return { texts: [node.head.text, ...node.templateSpans.map((each) => each.literal.text)] };
}

function readName(context: Context, node: ts.Identifier): Value {
  if (node.text === 'undefined') return NONE;
  const b = lookUp(context.scope, node.text);
  return b === undefined ? { k: 'global', name: node.text } : { k: 'ref', b };
}

function readIndex(context: Context, node: ts.ElementAccessExpression): Value {
  const o = readExpression(context, node.expression);
  const argument = node.argumentExpression;
  if (ts.isStringLiteralLike(argument) || ts.isNumericLiteral(argument))
    return { k: 'member', o, p: argument.text, ...optionalMark(node) };
  if (ts.isPropertyAccessExpression(argument) && argument.expression.getText(context.source) === 'Symbol')
    return { k: 'member', o, p: `@@${argument.name.text}`, ...optionalMark(node) };
  return { k: 'index', o, i: readExpression(context, argument) };
}

/** `o?.p`: nothing happens when there is no `o`. */
const optionalMark = (node: { questionDotToken?: ts.QuestionDotToken }): { optional?: true } =>
  node.questionDotToken ? { optional: true } : {};

function readCall(context: Context, node: ts.CallExpression | ts.NewExpression): Value {
  const [first] = node.arguments ?? [];
  if (ts.isCallExpression(node) && first && ts.isStringLiteralLike(first)) {
    const callee = node.expression;
    const isRequire =
      ts.isIdentifier(callee) && callee.text === 'require' && lookUp(context.scope, 'require') === undefined;
    if (isRequire || callee.kind === ts.SyntaxKind.ImportKeyword) {
      if (!context.facts.loads.includes(first.text)) context.facts.loads.push(first.text);
      return { k: 'import', from: first.text };
    }
  }
  const callee = skipParentheses(node.expression);
  const named = ts.isPropertyAccessExpression(callee) ? callee.name : callee;
  const call: CallValue = {
    k: 'call',
    id: nextId(context),
    f:
      callee.kind === ts.SyntaxKind.ImportKeyword
        ? { k: 'global', name: 'import' }
        : readExpression(context, callee),
    a: (node.arguments ?? []).map((each) => readExpression(context, each)),
    isNew: ts.isNewExpression(node),
    at: offsetOf(context, named),
    start: offsetOf(context, node),
    end: node.end,
    text: calleeText(callee, context.source),
  };
  const made = ts.isNewExpression(node) ? madeType(context, node) : undefined;
  if (made) call.as = made;
  return call;
}

/** `new Map<string, Exchange>()`: what it holds. */
function madeType(context: Context, node: ts.NewExpression): TypeName | undefined {
  if (!node.typeArguments || !ts.isIdentifier(node.expression)) return undefined;
  const args = node.typeArguments.map((each) => readType(context, each));
  return {
    entity: readName(context, node.expression),
    args: args.map((each) => each ?? { entity: NONE, args: [] }),
  };
}

function skipParentheses(node: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node)
    ? skipParentheses(node.expression)
    : node;
}

/** The callee in one word: `this.server.close`; what is not a plain chain becomes `(...)`. */
function calleeText(node: ts.Expression, source: ts.SourceFile): string {
  if (ts.isIdentifier(node)) return node.text;
  if (node.kind === ts.SyntaxKind.ImportKeyword) return 'import';
  if (node.kind === ts.SyntaxKind.ThisKeyword) return 'this';
  if (node.kind === ts.SyntaxKind.SuperKeyword) return 'super';
  if (ts.isPropertyAccessExpression(node)) return `${calleeText(node.expression, source)}.${node.name.text}`;
  if (ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node))
    return calleeText(node.expression, source);
  if (ts.isCallExpression(node)) return `${calleeText(node.expression, source)}()`;
  if (ts.isElementAccessExpression(node)) return `${calleeText(node.expression, source)}[]`;
  return '(...)';
}

function readObject(context: Context, node: ts.ObjectLiteralExpression): Value {
  const props: [string, Value][] = [];
  const spread: Value[] = [];
  const id = nextId(context);
  for (const property of node.properties) {
    if (ts.isSpreadAssignment(property)) spread.push(readExpression(context, property.expression));
    else if (ts.isShorthandPropertyAssignment(property))
      props.push([property.name.text, readName(context, property.name)]);
    else {
      const name = propertyName(property.name, context.source);
      const inner: Context = { ...context, path: [...context.path, name] };
      if (ts.isPropertyAssignment(property)) props.push([name, readExpression(inner, property.initializer)]);
      else if (property.body)
        props.push([name, { k: 'fn', id: readFunction({ ...context, owner: { object: id } }, property) }]);
    }
  }
  return { k: 'object', id, props, spread };
}

const CHOICES = new Set([ts.SyntaxKind.QuestionQuestionToken, ts.SyntaxKind.BarBarToken]);
const CHOICE_ASSIGNMENTS = new Set([
  ts.SyntaxKind.QuestionQuestionEqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.AmpersandAmpersandEqualsToken,
]);

function readBinary(context: Context, node: ts.BinaryExpression): Value {
  const operator = node.operatorToken.kind;
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
