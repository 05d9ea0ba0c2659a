/** Reads statements. The blocks declare their names first, so that uses before the declaration resolve. */
import { ts } from 'ts-morph';
import { bind, hiddenBinding, NONE, offsetOf, readPattern, type Context } from './context.ts';
import type { Statement, Value } from './model.ts';
import { readClass, staticsCall } from './read-class.ts';
import { readExpression } from './read-expression.ts';
import { readFunction } from './read-function.ts';
import { readType } from './read-type.ts';
import { blockNames, childScope } from './scope.ts';

/** Reads a list of statements in the scope of the context. */
export function readBlock(context: Context, statements: readonly ts.Statement[]): Statement[] {
  for (const { name, kind } of blockNames(statements)) bind(context, name, kind);
  const functions = statements.filter(ts.isFunctionDeclaration);
  const others = statements.filter((each) => !ts.isFunctionDeclaration(each));
  return [...functions, ...others].flatMap((each) => readStatement(context, each));
}

function readInner(context: Context, node: ts.Statement): Statement[] {
  const inner: Context = { ...context, scope: childScope(context.scope) };
  return readBlock(inner, ts.isBlock(node) ? node.statements : [node]);
}

export function readStatement(context: Context, node: ts.Statement): Statement[] {
  const at = offsetOf(context, node);
  const value = (each: ts.Expression | undefined): Value => (each ? readExpression(context, each) : NONE);
  if (ts.isExpressionStatement(node)) return [{ s: 'do', v: value(node.expression), at }];
  if (ts.isVariableStatement(node)) return readVariables(context, node.declarationList);
  if (ts.isFunctionDeclaration(node)) return readFunctionDeclaration(context, node);
  if (ts.isClassDeclaration(node)) return readClassDeclaration(context, node);
  if (ts.isReturnStatement(node)) return [{ s: 'return', v: value(node.expression), at }];
  if (ts.isThrowStatement(node)) return [{ s: 'throw', v: value(node.expression), at }];
  if (ts.isIfStatement(node)) {
    const otherwise = node.elseStatement ? readInner(context, node.elseStatement) : [];
    return [
      {
        s: 'if',
        c: value(node.expression),
        then: readInner(context, node.thenStatement),
        else: otherwise,
        at,
      },
    ];
  }
  if (ts.isBlock(node)) return [{ s: 'block', body: readInner(context, node) }];
  if (ts.isTryStatement(node)) return [readTry(context, node, at)];
  if (ts.isSwitchStatement(node)) {
    const inner: Context = { ...context, scope: childScope(context.scope) };
    const cases = node.caseBlock.clauses.map((each) => readBlock(inner, each.statements));
    return [{ s: 'switch', v: value(node.expression), cases, at }];
  }
  if (ts.isLabeledStatement(node)) return readStatement(context, node.statement);
  if (ts.isBreakStatement(node)) return [{ s: 'jump', kind: 'break', at }];
  if (ts.isContinueStatement(node)) return [{ s: 'jump', kind: 'continue', at }];
  if (ts.isIterationStatement(node, false)) return [readLoop(context, node, at)];
  return readExport(context, node, at);
}

/** `export default v` and `export = v` evaluate their value; the rest declares types or was read with the imports. */
function readExport(context: Context, node: ts.Statement, at: number): Statement[] {
  if (!ts.isExportAssignment(node)) return [];
  const b = hiddenBinding(context, 'variable', at);
  const v = readExpression({ ...context, path: [...context.path, 'default'] }, node.expression);
  context.facts.exports.push({ name: node.isExportEquals ? 'export=' : 'default', v: { k: 'ref', b } });
  return [{ s: 'let', b, v, at }];
}

export function readVariables(context: Context, list: ts.VariableDeclarationList): Statement[] {
  const kind = list.flags & ts.NodeFlags.BlockScoped;
  const using = kind === ts.NodeFlags.AwaitUsing ? 'async' : kind === ts.NodeFlags.Using ? 'sync' : undefined;
  return list.declarations.flatMap((each) => {
    const name = ts.isIdentifier(each.name) ? each.name.text : undefined;
    const inner: Context = name ? { ...context, path: [...context.path, name] } : context;
    const v = each.initializer ? readExpression(inner, each.initializer) : NONE;
    const out = readPattern(context, each.name, v, 'variable', readExpression);
    const [first] = out;
    if (first?.s === 'let') {
      const type = readType(context, each.type);
      const binding = context.facts.bindings[first.b];
      if (type && binding) binding.type = type;
      if (using) first.using = using;
    }
    return out;
  });
}

function readFunctionDeclaration(context: Context, node: ts.FunctionDeclaration): Statement[] {
  if (!node.body) return [];
  const at = offsetOf(context, node);
  const b = node.name ? bind(context, node.name, 'function') : hiddenBinding(context, 'function', at);
  const named = node.name ? context : { ...context, path: [...context.path, 'default'] };
  const out: Statement[] = [{ s: 'let', b, v: { k: 'fn', id: readFunction(named, node) }, at }];
  if (isDefault(node)) context.facts.exports.push({ name: 'default', v: { k: 'ref', b } });
  return out;
}

function readClassDeclaration(context: Context, node: ts.ClassDeclaration): Statement[] {
  const at = offsetOf(context, node);
  const b = node.name ? bind(context, node.name, 'class') : hiddenBinding(context, 'class', at);
  const named = node.name ? context : { ...context, path: [...context.path, 'default'] };
  if (isDefault(node)) context.facts.exports.push({ name: 'default', v: { k: 'ref', b } });
  const id = readClass(named, node);
  return [{ s: 'let', b, v: { k: 'class', id }, at }, ...staticsCall(context, id)];
}

const isDefault = (node: ts.FunctionDeclaration | ts.ClassDeclaration): boolean =>
  (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Default) !== 0;

function readTry(context: Context, node: ts.TryStatement, at: number): Statement {
  const out: Statement = { s: 'try', body: readInner(context, node.tryBlock), at };
  if (node.catchClause) {
    const inner: Context = { ...context, scope: childScope(context.scope) };
    const declared = node.catchClause.variableDeclaration;
    const name = declared && ts.isIdentifier(declared.name) ? declared.name : undefined;
    const b = name && bind(inner, name, 'catch');
    const body = readBlock(inner, node.catchClause.block.statements);
    out.catch = { ...(b === undefined ? {} : { b }), body, at: offsetOf(context, node.catchClause) };
  }
  if (node.finallyBlock) out.finally = readInner(context, node.finallyBlock);
  return out;
}

function readLoop(context: Context, node: ts.IterationStatement, at: number): Statement {
  const inner: Context = { ...context, scope: childScope(context.scope) };
  const value = (each: ts.Expression): Statement => ({
    s: 'do',
    v: readExpression(inner, each),
    at: offsetOf(inner, each),
  });
  if (ts.isForOfStatement(node) || ts.isForInStatement(node)) {
    const v = ts.isForOfStatement(node) ? readExpression(context, node.expression) : NONE;
    const b = hiddenBinding(inner, 'variable', at);
    const head: Statement[] = [];
    if (ts.isVariableDeclarationList(node.initializer))
      for (const each of node.initializer.declarations)
        head.push(...readPattern(inner, each.name, { k: 'ref', b }, 'variable', readExpression));
    const awaits = ts.isForOfStatement(node) && node.awaitModifier !== undefined;
    return {
      s: 'loop',
      head: [],
      of: { b, v, awaits },
      body: [...head, ...readInner(inner, node.statement)],
      at,
    };
  }
  const head: Statement[] = [];
  if (ts.isForStatement(node)) {
    if (node.initializer)
      head.push(
        ...(ts.isVariableDeclarationList(node.initializer)
          ? readLoopVariables(inner, node.initializer)
          : [value(node.initializer)]),
      );
    if (node.condition) head.push(value(node.condition));
  } else if (ts.isWhileStatement(node) || ts.isDoStatement(node)) head.push(value(node.expression));
  const body = readInner(inner, node.statement);
  if (ts.isForStatement(node) && node.incrementor) body.push(value(node.incrementor));
  return { s: 'loop', head, body, at };
}

function readLoopVariables(inner: Context, list: ts.VariableDeclarationList): Statement[] {
  for (const each of list.declarations) if (ts.isIdentifier(each.name)) bind(inner, each.name, 'variable');
  return readVariables(inner, list);
}
