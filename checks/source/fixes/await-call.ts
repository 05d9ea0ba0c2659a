/** Awaits a call that is a statement, and makes the function around it async where nobody can tell the difference. */
import { ts } from 'ts-morph';
import { type Edit, type FixAnswer, type FixRequest, left } from './fix.ts';
import {
  callAt,
  functionAround,
  type FunctionNode,
  isAsync,
  isSignalListener,
  statementOf,
} from './syntax.ts';

export function awaitCall({ source, at, checker }: FixRequest): FixAnswer {
  const call = callAt(source, at);
  if (call === undefined) return left('the call was not found');
  const statement = statementOf(call);
  if (statement === undefined) return left('its promise is used in a larger expression');
  const edits = awaitEdits(source, statement);
  const fn = functionAround(statement);
  if (fn === undefined)
    return ts.isExternalModule(source) ? { edits } : left('a script has no await at its top level');
  if (isAsync(fn)) return { edits };
  const asynchronous = makeAsync(source, fn, checker);
  return asynchronous === undefined
    ? left('the function around it is not async, and its callers would see the difference')
    : { edits: [...edits, asynchronous] };
}

function awaitEdits(source: ts.SourceFile, { expression }: ts.ExpressionStatement): Edit[] {
  const start = expression.getStart(source);
  if (ts.isAwaitExpression(expression)) return [];
  const end = ts.isVoidExpression(expression) ? expression.expression.getStart(source) : start;
  return [{ start, end, text: 'await ' }];
}

/** Where the result goes nowhere or is a promise already: a listener of a signal, or by what is declared or expected. */
function makeAsync(source: ts.SourceFile, fn: FunctionNode, checker: ts.TypeChecker): Edit | undefined {
  if (fn.asteriskToken !== undefined || ts.isConstructorDeclaration(fn) || ts.isAccessor(fn))
    return undefined;
  const start = asyncPlace(source, fn);
  const edit = { start, end: start, text: 'async ' };
  if (fn.type !== undefined) return isPromise(checker, checker.getTypeAtLocation(fn.type)) ? edit : undefined;
  if (returnsValue(fn)) return undefined;
  if (ts.isArrowFunction(fn) || ts.isFunctionExpression(fn))
    return isSignalListener(fn) || isExpectedAsync(checker, fn) ? edit : undefined;
  return ts.isFunctionDeclaration(fn) && isOnlySignalListener(source, fn, checker) ? edit : undefined;
}

function asyncPlace(source: ts.SourceFile, fn: FunctionNode): number {
  if (ts.isFunctionDeclaration(fn) || ts.isFunctionExpression(fn)) {
    const keyword = fn.getChildren(source).find(({ kind }) => kind === ts.SyntaxKind.FunctionKeyword);
    return keyword?.getStart(source) ?? fn.getStart(source);
  }
  return ts.isMethodDeclaration(fn) ? fn.name.getStart(source) : fn.getStart(source);
}

function returnsValue(fn: FunctionNode): boolean {
  let found = fn.body !== undefined && !ts.isBlock(fn.body);
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isReturnStatement(node) && node.expression !== undefined) found = true;
    ts.forEachChild(node, visit);
  };
  if (fn.body !== undefined) ts.forEachChild(fn.body, visit);
  return found;
}

/** What the function is handed to takes a promise. */
function isExpectedAsync(checker: ts.TypeChecker, fn: ts.ArrowFunction | ts.FunctionExpression): boolean {
  const expected = checker.getContextualType(fn);
  return (expected?.getCallSignatures() ?? []).some((each) => isPromise(checker, each.getReturnType()));
}

function isPromise(checker: ts.TypeChecker, type: ts.Type): boolean {
  const members = type.isUnion() ? type.types : [type];
  return members.some((each) => checker.getPropertyOfType(each, 'then') !== undefined);
}

/** Every mention of the function in its module hands it to a signal, and no other module can see it. */
function isOnlySignalListener(
  source: ts.SourceFile,
  fn: ts.FunctionDeclaration,
  checker: ts.TypeChecker,
): boolean {
  const symbol = fn.name && checker.getSymbolAtLocation(fn.name);
  if (symbol === undefined || (ts.getModifiers(fn) ?? []).length > 0 || !ts.isExternalModule(source))
    return false;
  let only = true;
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node !== fn.name && checker.getSymbolAtLocation(node) === symbol)
      only &&= isSignalListener(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return only;
}
