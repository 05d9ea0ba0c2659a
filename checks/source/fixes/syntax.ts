/** Finding one's way in a syntax tree from an offset: the call, its statement, the function around it. Used by the fixes. */
import { ts } from 'ts-morph';

export type FunctionNode = ts.FunctionLikeDeclaration;

/** The innermost node that holds an offset. */
export function nodeAt(source: ts.SourceFile, offset: number): ts.Node {
  let found: ts.Node = source;
  const visit = (node: ts.Node): void => {
    if (node.getStart(source) > offset || node.end <= offset) return;
    found = node;
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(source, visit);
  return found;
}

/** The call whose callee's name stands at an offset. */
export function callAt(
  source: ts.SourceFile,
  offset: number,
): ts.CallExpression | ts.NewExpression | undefined {
  for (let node = nodeAt(source, offset); !ts.isSourceFile(node); node = node.parent) {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) return node;
    if (ts.isStatement(node) || ts.isFunctionLike(node)) return undefined;
  }
  return undefined;
}

/** The statement that is this expression: alone, awaited, chained or after `void`. */
export function statementOf(expression: ts.Expression): ts.ExpressionStatement | undefined {
  let node: ts.Node = expression;
  for (;;) {
    const { parent } = node;
    if (ts.isExpressionStatement(parent)) return parent;
    const passes =
      ts.isVoidExpression(parent) ||
      ts.isAwaitExpression(parent) ||
      ts.isParenthesizedExpression(parent) ||
      ts.isNonNullExpression(parent) ||
      ((ts.isPropertyAccessExpression(parent) || ts.isCallExpression(parent)) && parent.expression === node);
    if (!passes) return undefined;
    node = parent;
  }
}

export function functionAround(node: ts.Node): FunctionNode | undefined {
  for (let each = node.parent; each !== undefined; each = each.parent)
    if (ts.isFunctionLike(each) && 'body' in each) return each as FunctionNode;
  return undefined;
}

export const isAsync = (fn: FunctionNode): boolean =>
  ts.canHaveModifiers(fn) &&
  (ts.getModifiers(fn) ?? []).some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword);

/** `process.on('SIGTERM', ...)`: its listener's result goes nowhere, async or not. */
export function isSignalListener(node: ts.Node): boolean {
  const call = node.parent;
  if (call === undefined || !ts.isCallExpression(call) || !call.arguments.some((each) => each === node))
    return false;
  const { expression } = call;
  const [event] = call.arguments;
  return (
    ts.isPropertyAccessExpression(expression) &&
    /^(on|once|addListener|prependListener)$/.test(expression.name.text) &&
    event !== undefined &&
    (ts.isStringLiteralLike(event) ? event.text.startsWith('SIG') : ts.isIdentifier(event))
  );
}
