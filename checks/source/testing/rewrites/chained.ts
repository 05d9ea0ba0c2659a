/** `.then` and `.catch` where there was `await`: guards around one awaited call, and functions that await one call after the other. */
import { ts } from 'ts-morph';
import { applyEdits, hasModifier, nodesBelow, parse, type Edit } from './edits.ts';

export function chained(file: string, text: string): string {
  const source = parse(file, text);
  const guards = nodesBelow(source, ts.isTryStatement).flatMap((each) =>
    ts.isTryStatement(each) ? guardEdit(each, source) : [],
  );
  const guarded = applyEdits(text, guards);
  const again = parse(file, guarded);
  const bodies = nodesBelow(again, ts.isFunctionLike).flatMap((each) =>
    ts.isFunctionDeclaration(each) || ts.isMethodDeclaration(each) ? bodyEdit(each, again) : [],
  );
  return applyEdits(guarded, bodies.flat());
}

const leavesBlock = (node: ts.Node): boolean =>
  ts.isReturnStatement(node) ||
  ts.isThrowStatement(node) ||
  ts.isBreakOrContinueStatement(node) ||
  ts.isAwaitExpression(node);

/** `try { await f(); } catch (e) { H }` is `await f().catch((e) => { H });`, when nothing in H leaves the block. */
function guardEdit(node: ts.TryStatement, source: ts.SourceFile): Edit[] {
  const [only, more] = node.tryBlock.statements;
  const call = only && awaitedCall(only);
  if (!call || more || !node.catchClause || node.finallyBlock) return [];
  if (nodesBelow(node.catchClause.block, leavesBlock, (each) => !ts.isFunctionLike(each)).length > 0)
    return [];
  const name = node.catchClause.variableDeclaration?.name.getText(source);
  const trailing = trailingComment(only, source);
  const handler = node.catchClause.block.getText(source);
  const inside = `await ${call.getText(source)}.catch((${name === undefined ? '' : `${name}${annotation(source)}`}) => ${handler});`;
  return [{ at: node.getStart(source), end: node.end, text: trailing ? `${trailing}${inside}` : inside }];
}

const annotation = (source: ts.SourceFile): string =>
  /\.[cm]?tsx?$/.test(source.fileName) ? ': unknown' : '';

/** A comment behind a statement cannot stay in the middle of a line: it goes in front. */
function trailingComment(node: ts.Node, source: ts.SourceFile): string {
  const [comment] = ts.getTrailingCommentRanges(source.text, node.end) ?? [];
  return comment ? `${source.text.slice(comment.pos, comment.end)}\n` : '';
}

function awaitedCall(node: ts.Statement): ts.CallExpression | undefined {
  if (!ts.isExpressionStatement(node) || !ts.isAwaitExpression(node.expression)) return undefined;
  const { expression } = node.expression;
  const plain = ts.isCallExpression(expression) && !isOptional(expression);
  return plain ? expression : undefined;
}

const isOptional = (node: ts.CallExpression): boolean =>
  nodesBelow(node, (each) => each.kind === ts.SyntaxKind.QuestionDotToken).length > 0;

/** Statements without an await, then awaited calls to the end: the calls become one chain that is returned. */
function bodyEdit(node: ts.FunctionDeclaration | ts.MethodDeclaration, source: ts.SourceFile): Edit[][] {
  const { body } = node;
  const asyncWord = ts.canHaveModifiers(node)
    ? ts.getModifiers(node)?.find((each) => each.kind === ts.SyntaxKind.AsyncKeyword)
    : undefined;
  if (!body || !asyncWord || node.asteriskToken || hasModifier(node, ts.SyntaxKind.DefaultKeyword)) return [];
  const first = body.statements.findIndex((each) => awaitedCall(each) !== undefined);
  if (first < 0) return [];
  const before = body.statements.slice(0, first);
  const calls = body.statements.slice(first).map(awaitedCall);
  const isAwait = (each: ts.Node): boolean =>
    ts.isAwaitExpression(each) ||
    ts.isForOfStatement(each) ||
    ts.isReturnStatement(each) ||
    ts.isThrowStatement(each);
  const others = before.flatMap((each) => [
    each,
    ...nodesBelow(each, isAwait, (one) => !ts.isFunctionLike(one)),
  ]);
  if (others.some(isAwait) || calls.some((each) => !each)) return [];
  const inner = calls.some((each) => each && nodesBelow(each, ts.isAwaitExpression).length > 0);
  const [head, ...rest] = calls.map((each) => each?.getText(source) ?? '');
  if (inner || head === undefined) return [];
  const firstCall = body.statements[first];
  const chain = [head, ...rest.map((each) => `.then(() => ${each})`), '.then(() => undefined)'].join('\n');
  return [
    [{ at: asyncWord.getStart(source), end: asyncWord.end, text: '' }],
    [{ at: firstCall?.getStart(source) ?? body.end, end: body.end - 1, text: `return ${chain};\n` }],
  ];
}
