/** A line that logs a failure as the file logs others: with its logger where one is in scope, else with the console. */
import { ts } from 'ts-morph';
import type { FixRequest } from './fix.ts';

/** `error` is the name of what was caught. */
export function logFailure(
  { source, checker, style }: FixRequest,
  place: ts.Node,
  what: string,
  error: string,
): string {
  const { quote } = style;
  const said = `${what} failed`.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`);
  const text = `${quote}${said}${quote}`;
  const known = loggerOf(source, checker, place);
  if (known === undefined) return `console.error(${text}, ${error})`;
  if (known.key === undefined) return `${known.receiver}.error(${text}, ${error})`;
  const property = known.key === error ? error : `${known.key}: ${error}`;
  return `${known.receiver}.error({ ${property} }, ${text})`;
}

interface Logger {
  receiver: string;
  /** The error's key in an object that comes first. */
  key?: string;
}

/** From a statement of the file that logs an error: its receiver, when that means the same at `place`. */
function loggerOf(source: ts.SourceFile, checker: ts.TypeChecker, place: ts.Node): Logger | undefined {
  const inScope = new Set(checker.getSymbolsInScope(place, ts.SymbolFlags.Value | ts.SymbolFlags.Alias));
  const found: Logger[] = [];
  const visit = (node: ts.Node): void => {
    const logger = ts.isCallExpression(node) ? readLogging(node) : undefined;
    if (logger !== undefined && means(logger.root, place, inScope, checker)) found.push(logger);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found[0];
}

function readLogging(call: ts.CallExpression): (Logger & { root: ts.Expression }) | undefined {
  const { expression } = call;
  if (!ts.isExpressionStatement(call.parent) && !ts.isArrowFunction(call.parent)) return undefined;
  if (!ts.isPropertyAccessExpression(expression) || expression.name.text !== 'error') return undefined;
  const receiver = expression.expression;
  const root = rootOf(receiver);
  if (ts.isIdentifier(root) && root.text === 'console') return undefined;
  const [first, second] = call.arguments;
  if (first === undefined || second === undefined) return undefined;
  if (ts.isStringLiteralLike(first) || ts.isTemplateExpression(first))
    return { receiver: receiver.getText(), root };
  if (!ts.isObjectLiteralExpression(first) || !ts.isStringLiteralLike(second)) return undefined;
  const key = first.properties
    .map(({ name }) => name?.getText() ?? '')
    .find((name) => /^(err|error|e)$/.test(name));
  return key === undefined ? undefined : { receiver: receiver.getText(), key, root };
}

function rootOf(expression: ts.Expression): ts.Expression {
  return ts.isPropertyAccessExpression(expression) ? rootOf(expression.expression) : expression;
}

function means(
  root: ts.Expression,
  place: ts.Node,
  inScope: ReadonlySet<ts.Symbol>,
  checker: ts.TypeChecker,
): boolean {
  if (root.kind === ts.SyntaxKind.ThisKeyword) {
    const [there, here] = [thisOf(root), thisOf(place)];
    return there !== undefined && there === here;
  }
  const symbol = ts.isIdentifier(root) ? checker.getSymbolAtLocation(root) : undefined;
  return symbol !== undefined && inScope.has(symbol);
}

/** The class whose instance `this` is. */
function thisOf(node: ts.Node): ts.Node | undefined {
  for (let each = node.parent; each !== undefined; each = each.parent) {
    if (ts.isFunctionDeclaration(each) || ts.isFunctionExpression(each)) return undefined;
    if (ts.isClassElement(each)) {
      const isStatic =
        ts.canHaveModifiers(each) &&
        (ts.getModifiers(each) ?? []).some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword);
      return isStatic ? undefined : each.parent;
    }
  }
  return undefined;
}
