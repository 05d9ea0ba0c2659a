/**
 * Floating promises of a file, exactly as typescript-eslint's `no-floating-promises` with its default options finds them:
 * the engine's answers on types, opened up to all calls and compared with a tool that others trust. Not a rule of the
 * suite; called by the bench and by its test.
 */
import { ts } from 'ts-morph';
import { isDecided, resultOf } from './promises.ts';
import type { Types } from './types.ts';

export interface FloatingPromise {
  /** Offset of the statement. */
  start: number;
  kind: 'floatingVoid' | 'floatingPromiseArrayVoid' | 'floatingUselessRejectionHandlerVoid';
}

type Verdict = FloatingPromise['kind'] | undefined;

export interface FloatingSearch {
  inFile(source: ts.SourceFile): FloatingPromise[];
}

export function createFloatingSearch<Type extends object>(types: Types<Type>): FloatingSearch {
  const promises = new Map<Type, boolean>();
  const isPromise = (type: Type): boolean => {
    let known = promises.get(type);
    if (known === undefined)
      promises.set(type, (known = unionOf(types, type).some((each) => isBuiltIn(types, each))));
    return known;
  };
  const judge = (written: ts.Expression, isTop: boolean): Verdict => {
    const node = inside(written);
    if (isAssignment(node)) return undefined;
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.CommaToken)
      return judge(node.left, false) ?? judge(node.right, false);
    const type = typeOfResult(types, node);
    if (type === undefined) return undefined;
    if (holdsPromises(types, type, isPromise)) return 'floatingPromiseArrayVoid';
    if (ts.isAwaitExpression(node) || !isPromise(types.apparentOf(type))) return undefined;
    // A chain with `?.` inside another expression is not looked into.
    if (!isTop && ts.isOptionalChain(node)) return 'floatingVoid';
    if (ts.isCallExpression(node)) return judgeCall(node);
    if (ts.isConditionalExpression(node)) return judge(node.whenFalse, false) ?? judge(node.whenTrue, false);
    if (isLogical(node)) return judge(node.left, false) ?? judge(node.right, false);
    return 'floatingVoid';
  };
  const judgeCall = (call: ts.CallExpression): Verdict => {
    const method = methodOf(types, call.expression);
    const handler = method && handlerOf(method.name, call.arguments);
    if (handler) {
      const type = types.typeOf(handler);
      const isFunction = type !== undefined && types.returnsOf(type).length > 0;
      return isFunction ? undefined : 'floatingUselessRejectionHandlerVoid';
    }
    if (method?.name !== 'finally') return 'floatingVoid';
    // Inside one chain the part before `.finally` stands for itself; in parentheses it is a chain of its own.
    return judge(method.object, !ts.isParenthesizedExpression(method.object));
  };
  return {
    inFile: (source) => {
      const statements = expressionStatements(source);
      types.prepare?.(source, statements.flatMap(calleesOf));
      return statements.flatMap((each) => {
        const kind = judge(each.expression, true);
        return kind ? [{ start: each.getStart(source), kind }] : [];
      });
    },
  };
}

function expressionStatements(source: ts.SourceFile): ts.ExpressionStatement[] {
  const found: ts.ExpressionStatement[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isExpressionStatement(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const calleesOf = ({ expression }: ts.ExpressionStatement): ts.Node[] =>
  ts.isCallExpression(expression) ? [expression.expression] : [];

/** As `resultOf`, which does not look into arrays: `map` gives `U[]`, and what `U` is only the call knows. */
function typeOfResult<Type extends object>(types: Types<Type>, node: ts.Expression): Type | undefined {
  const result = ts.isCallExpression(node) ? resultOf(types, node) : undefined;
  const isWhole =
    result !== undefined &&
    unionOf(types, result).every((each) =>
      types.elementsOf(types.apparentOf(each)).every((element) => isDecided(types, element)),
    );
  return isWhole ? result : types.typeOf(node);
}

/** Parentheses are no node of their own to the peer. */
const inside = (node: ts.Expression): ts.Expression =>
  ts.isParenthesizedExpression(node) ? inside(node.expression) : node;

const isAssignment = (node: ts.Node): boolean =>
  ts.isBinaryExpression(node) &&
  node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
  node.operatorToken.kind <= ts.SyntaxKind.LastAssignment;

const LOGICAL: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);

const isLogical = (node: ts.Node): node is ts.BinaryExpression =>
  ts.isBinaryExpression(node) && LOGICAL.has(node.operatorToken.kind);

/** The object and the name of a method that is called, where the name is known. */
function methodOf<Type extends object>(
  types: Types<Type>,
  written: ts.Expression,
): { object: ts.Expression; name: string } | undefined {
  const callee = inside(written);
  if (ts.isPropertyAccessExpression(callee)) return { object: callee.expression, name: callee.name.text };
  if (!ts.isElementAccessExpression(callee)) return undefined;
  const { argumentExpression: key, expression: object } = callee;
  if (ts.isStringLiteralLike(key)) return { object, name: key.text };
  const text = ts.isIdentifier(key) ? constantText(types, key) : undefined;
  return text === undefined ? undefined : { object, name: text };
}

/** The text that a `const` of the same file is given. */
function constantText<Type extends object>(types: Types<Type>, name: ts.Identifier): string | undefined {
  const source = name.getSourceFile();
  const place = types.declarationOf(name);
  if (place?.file !== source.fileName) return undefined;
  const find = (node: ts.Node): ts.VariableDeclaration | undefined =>
    ts.isVariableDeclaration(node) && node.getStart(source) === place.start
      ? node
      : ts.forEachChild(node, (child) => (child.end > place.start ? find(child) : undefined));
  const found = find(source);
  const isConst = found !== undefined && (ts.getCombinedNodeFlags(found) & ts.NodeFlags.Const) !== 0;
  return isConst && found.initializer && ts.isStringLiteralLike(found.initializer)
    ? found.initializer.text
    : undefined;
}

/** What handles a rejection: the argument of `catch`, the second of `then`. */
function handlerOf(method: string, all: readonly ts.Expression[]): ts.Expression | undefined {
  const at = method === 'catch' ? 0 : method === 'then' ? 1 : -1;
  const before = all.slice(0, at + 1);
  return at < 0 || before.some((each) => ts.isSpreadElement(each)) ? undefined : all[at];
}

const unionOf = <Type extends object>(types: Types<Type>, type: Type): readonly Type[] =>
  types.kindOf(type) === 'union' ? types.partsOf(type) : [type];

function holdsPromises<Type extends object>(
  types: Types<Type>,
  type: Type,
  isPromise: (type: Type) => boolean,
): boolean {
  return unionOf(types, type).some((each) =>
    types.elementsOf(types.apparentOf(each)).some((element) => isPromise(types.apparentOf(element))),
  );
}

/** `Promise` of the language, or what extends it. */
function isBuiltIn<Type extends object>(types: Types<Type>, type: Type): boolean {
  const kind = types.kindOf(type);
  if (kind === 'intersection') return types.partsOf(type).some((each) => isBuiltIn(types, each));
  if (kind === 'union') return types.partsOf(type).every((each) => isBuiltIn(types, each));
  if (kind === 'parameter') {
    const constraint = types.constraintOf(type);
    return constraint !== undefined && isBuiltIn(types, constraint);
  }
  return types.isOfLanguage(type, 'Promise') || types.basesOf(type).some((each) => isBuiltIn(types, each));
}
