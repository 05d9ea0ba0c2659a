/** Reads expressions into values. Used by the statement reader; mutual with `read-function.ts`. */
import { ts } from 'ts-morph';
import { load, NONE, nextId, offsetOf, propertyName, TooDeep, type Context } from './context.ts';
import type { CallValue, TypeName, Value } from './model.ts';
import { readBinary } from './read-binary.ts';
import { readClass } from './read-class.ts';
import { readFunction } from './read-function.ts';
import { readType } from './read-type.ts';
import { lookUp } from './scope.ts';

/** Deeper nesting is generated, not written; what walks over the facts must not run out of stack on it. */
const DEEPEST = 500;

export function readExpression(context: Context, node: ts.Expression): Value {
  context.next.depth += 1;
  if (context.next.depth > DEEPEST)
    throw new TooDeep(`an expression is nested deeper than ${DEEPEST} levels`);
  const value = readAny(context, node);
  context.next.depth -= 1;
  return value;
}

function readAny(context: Context, node: ts.Expression): Value {
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
      load(context, first.text);
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
