/** Reads functions: parameters, body, what encloses them. Mutual with the expression and the statement reader. */
import { ts } from 'ts-morph';
import { bind, hiddenBinding, offsetOf, propertyName, readPattern, type Context } from './context.ts';
import type { FunctionFact, ParameterFact, Statement } from './model.ts';
import { readDecorators } from './read-decorators.ts';
import { readExpression } from './read-expression.ts';
import { readBlock } from './read-statement.ts';
import { plainTypeOf, readType } from './read-type.ts';
import { childScope, hoistedNames } from './scope.ts';

const KINDS: Partial<Record<ts.SyntaxKind, FunctionFact['kind']>> = {
  [ts.SyntaxKind.ArrowFunction]: 'arrow',
  [ts.SyntaxKind.MethodDeclaration]: 'method',
  [ts.SyntaxKind.Constructor]: 'constructor',
  [ts.SyntaxKind.GetAccessor]: 'getter',
  [ts.SyntaxKind.SetAccessor]: 'setter',
};

const modifiersOf = (node: ts.Node): readonly ts.Modifier[] =>
  ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];

export const hasModifier = (node: ts.Node, kind: ts.SyntaxKind): boolean =>
  modifiersOf(node).some((each) => each.kind === kind);

/** Adds a function fact and gives its id. */
export function readFunction(context: Context, node: ts.FunctionLikeDeclaration): number {
  const own = ownName(context, node);
  const path = own ? [...context.path, own] : context.path;
  const fn: FunctionFact = {
    id: context.facts.functions.length,
    name: path.join('.') || '(anonymous)',
    kind: KINDS[node.kind] ?? 'function',
    isAsync: hasModifier(node, ts.SyntaxKind.AsyncKeyword),
    isGenerator: 'asteriskToken' in node && node.asteriskToken !== undefined,
    parent: context.fn.id,
    ...(context.owner &&
    node.kind !== ts.SyntaxKind.ArrowFunction &&
    node.kind !== ts.SyntaxKind.FunctionExpression
      ? { owner: context.owner }
      : {}),
    params: [],
    body: [],
    at: offsetOf(context, node),
    end: node.end,
  };
  const returns = readType(context, node.type);
  if (returns) fn.returns = returns;
  context.facts.functions.push(fn);
  const { owner: _owner, ...outer } = context;
  const inner: Context = { ...outer, scope: childScope(context.scope), fn, path };
  if (ts.isFunctionExpression(node) && node.name) {
    const self = bind(inner, node.name, 'function');
    fn.body.push({ s: 'let', b: self, v: { k: 'fn', id: fn.id }, at: fn.at });
  }
  const patterns = node.parameters.flatMap((each) => readParameter(inner, fn, each, node));
  fn.body.push(...patterns, ...readBody(inner, node));
  return fn.id;
}

function ownName(context: Context, node: ts.FunctionLikeDeclaration): string | undefined {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  if (!node.name) return undefined;
  return ts.isIdentifier(node.name) ? node.name.text : propertyName(node.name, context.source);
}

function readParameter(
  inner: Context,
  fn: FunctionFact,
  node: ts.ParameterDeclaration,
  parent: ts.FunctionLikeDeclaration,
): Statement[] {
  const pattern = !ts.isIdentifier(node.name);
  const b = ts.isIdentifier(node.name)
    ? bind(inner, node.name, 'parameter')
    : hiddenBinding(inner, 'parameter', offsetOf(inner, node));
  const type = readType(inner, node.type);
  const plainType = plainTypeOf(node.type);
  const initial = node.initializer && readExpression(inner, node.initializer);
  const parameter: ParameterFact = {
    b,
    rest: node.dotDotDotToken !== undefined,
    pattern,
    ...readDecorators(inner, node),
  };
  if (type) parameter.type = type;
  if (plainType) parameter.plainType = plainType;
  if (initial) parameter.initial = initial;
  fn.params.push(parameter);
  const out: Statement[] = [];
  if (ts.isParameterPropertyDeclaration(node, parent) && ts.isIdentifier(node.name)) {
    const t = { k: 'member', o: { k: 'this' }, p: node.name.text } as const;
    out.push({ s: 'do', v: { k: 'assign', t, v: { k: 'ref', b }, at: fn.at, plain: true }, at: fn.at });
  }
  if (pattern)
    out.push(...readPattern(inner, node.name, { k: 'ref', b }, 'parameter', readExpression).filter(notEmpty));
  return out;
}

const notEmpty = (each: Statement): boolean => each.s === 'let';

function readBody(inner: Context, node: ts.FunctionLikeDeclaration): Statement[] {
  const body = 'body' in node ? node.body : undefined;
  if (!body) return [];
  if (!ts.isBlock(body)) return [{ s: 'return', v: readExpression(inner, body), at: offsetOf(inner, body) }];
  for (const name of hoistedNames(body)) bind(inner, name, 'variable');
  return readBlock(inner, body.statements);
}
