/** The function in which a handle is to be released: the one that the shutdown reaches and that can see it. */
import { ts } from 'ts-morph';
import { functionKey } from '../graph/graph.ts';
import { isStopName } from '../lifecycle/lifecycle.ts';
import { indentOfLine, isFirstOnLine, lineStart } from './file-style.ts';
import type { Edit, FixRequest } from './fix.ts';
import { type FunctionNode, nodeAt } from './syntax.ts';

/** What was opened, as its release names it. */
export interface Handle {
  text: string;
  /** The class whose field it is, or the variable. */
  owner: { class: ts.ClassLikeDeclaration } | { variable: ts.Symbol };
}

/** Where the result of a call is kept: a variable, or a field of the class. */
export function handleOf({ source, checker }: FixRequest, opened: ts.Expression): Handle | undefined {
  let node: ts.Node = opened;
  while (ts.isParenthesizedExpression(node.parent) || ts.isAsExpression(node.parent)) node = node.parent;
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name))
    return ofVariable(parent.name, checker);
  if (
    ts.isPropertyDeclaration(parent) &&
    ts.isClassLike(parent.parent) &&
    !ts.isComputedPropertyName(parent.name)
  )
    return { text: `this.${parent.name.getText(source)}`, owner: { class: parent.parent } };
  const isAssigned =
    ts.isBinaryExpression(parent) &&
    parent.right === node &&
    [ts.SyntaxKind.EqualsToken, ts.SyntaxKind.QuestionQuestionEqualsToken].includes(
      parent.operatorToken.kind,
    );
  if (!isAssigned) return undefined;
  const { left } = parent;
  if (ts.isIdentifier(left)) return ofVariable(left, checker);
  if (!ts.isPropertyAccessExpression(left) || left.expression.kind !== ts.SyntaxKind.ThisKeyword)
    return undefined;
  const around = ts.findAncestor(left, ts.isClassLike);
  return around && { text: left.getText(source), owner: { class: around } };
}

function ofVariable(name: ts.Identifier, checker: ts.TypeChecker): Handle | undefined {
  const variable = checker.getSymbolAtLocation(name);
  return variable && { text: name.text, owner: { variable } };
}

/** The one function that is clear; undefined when there is none, or when several could be meant. */
export function shutdownFunctionFor(request: FixRequest, handle: Handle): FunctionNode | undefined {
  const all = shutdownFunctions(request).filter((each) => sees(request, each, handle));
  const stops = all.filter(
    (each) => each.name !== undefined && isStopName(each.name.getText(request.source)),
  );
  const outermost = all.filter((each) => !all.some((other) => other !== each && contains(other, each)));
  return [stops, outermost].find((each) => each.length === 1)?.[0];
}

function shutdownFunctions({ graph, file, source }: FixRequest): FunctionNode[] {
  const functions = graph.program.files[file]?.facts.functions ?? [];
  return functions.flatMap((fact) => {
    if (fact.kind === 'module' || !graph.shutdown.has(functionKey({ file, fn: fact.id }))) return [];
    for (let node = nodeAt(source, fact.at); !ts.isSourceFile(node); node = node.parent)
      if (ts.isFunctionLike(node) && 'body' in node && node.end === fact.end) return [node as FunctionNode];
    return [];
  });
}

function sees({ checker }: FixRequest, fn: FunctionNode, { owner }: Handle): boolean {
  if (fn.body === undefined || !ts.isBlock(fn.body)) return false;
  if ('class' in owner) return ts.isMethodDeclaration(fn) && fn.parent === owner.class;
  return checker.getSymbolsInScope(fn.body, ts.SymbolFlags.Variable).includes(owner.variable);
}

const contains = (outer: ts.Node, inner: ts.Node): boolean =>
  outer.pos <= inner.pos && outer.end >= inner.end;

/** Lines at the beginning of the body, or before the exit at its end. `lines` gets the indentation. */
export function insertInto(
  { source, style }: FixRequest,
  fn: FunctionNode,
  where: 'first' | 'last',
  lines: (indent: string) => string[],
): Edit | undefined {
  const { body } = fn;
  if (body === undefined || !ts.isBlock(body)) return undefined;
  const { text } = source;
  const exit = body.statements.find((each) => isExit(each, source));
  const next = where === 'first' ? body.statements[0] : exit;
  const close = body.end - 1;
  const place = next?.getStart(source) ?? close;
  if (!isFirstOnLine(text, place)) return undefined;
  const outer = indentOfLine(text, close);
  const start = lineStart(text, place);
  const added = lines(outer + style.unit).map((line) => `${line}${style.eol}`);
  return { start, end: start, text: added.join('') };
}

const isExit = (statement: ts.Statement, source: ts.SourceFile): boolean =>
  ts.isReturnStatement(statement) || /^process\.(exit|kill)\(/.test(statement.getText(source));
