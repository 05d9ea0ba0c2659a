/** Fixes of shutdown-error-logged: a log line in a catch that tells nobody. */
import { ts } from 'ts-morph';
import { indentOfLine, isFirstOnLine, lineStart } from './file-style.ts';
import { type FixAnswer, type FixRequest, left, type RuleFixes } from './fix.ts';
import { logFailure } from './logging.ts';
import { calleeText } from './shutdown-call-guarded.ts';
import { nodeAt } from './syntax.ts';

export default { emptyCatch: logInHandler, silentCatch: logInHandler } satisfies RuleFixes;

function logInHandler(request: FixRequest): FixAnswer {
  for (let node = nodeAt(request.source, request.at); !ts.isSourceFile(node); node = node.parent) {
    if (ts.isCatchClause(node)) return logInCatch(request, node);
    if (ts.isTryStatement(node) && node.catchClause !== undefined)
      return logInCatch(request, node.catchClause);
    if (ts.isCallExpression(node)) {
      const handler = node.arguments.find((each) => ts.isArrowFunction(each) && isEmpty(each));
      if (handler !== undefined && ts.isArrowFunction(handler)) return logInArrow(request, node, handler);
    }
    if (ts.isFunctionLike(node) && !ts.isArrowFunction(node)) break;
  }
  return left('what swallows the failure is written elsewhere');
}

function logInCatch(request: FixRequest, clause: ts.CatchClause): FixAnswer {
  const { source, style } = request;
  const { text } = source;
  const { block, variableDeclaration: caught } = clause;
  if (caught !== undefined && !ts.isIdentifier(caught.name)) return left('the catch takes the error apart');
  const name = caught?.name.getText(source) ?? 'error';
  const open = block.getStart(source);
  const head = caught === undefined ? [{ start: open, end: open, text: '(error) ' }] : [];
  const outer = indentOfLine(text, clause.getStart(source));
  const line = `${outer}${style.unit}${logFailure(request, block, whatFailed(clause, source), name)}${style.end}${style.eol}`;
  const [first] = block.statements;
  if (first !== undefined) {
    const place = first.getStart(source);
    if (!isFirstOnLine(text, place)) return left('the catch stands on one line');
    const start = lineStart(text, place);
    return { edits: [...head, { start, end: start, text: line }] };
  }
  const close = block.end - 1;
  const isOpen = text.slice(open, close).includes('\n');
  const start = isOpen ? lineStart(text, close) : close;
  const added = isOpen ? line : `${style.eol}${line}${outer}`;
  // `{ }`: the blank between the braces would be left at the end of a line.
  const from = isOpen || text.slice(open + 1, close).trim() !== '' ? start : open + 1;
  return { edits: [...head, { start: from, end: start, text: added }] };
}

/** What the try does: its last call is what most often is named in a log. */
function whatFailed(clause: ts.CatchClause, source: ts.SourceFile): string {
  let found: ts.CallExpression | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isCallExpression(node)) found ??= node;
    else ts.forEachChild(node, visit);
  };
  ts.forEachChild(clause.parent.tryBlock, visit);
  return found === undefined || found.getText(source).length > 200 ? 'a release' : `${calleeText(found)}()`;
}

const isEmpty = ({ body }: ts.ArrowFunction): boolean =>
  (ts.isBlock(body) && body.statements.length === 0) || (ts.isIdentifier(body) && body.text === 'undefined');

/** `.catch(() => {})`. */
function logInArrow(request: FixRequest, chain: ts.CallExpression, handler: ts.ArrowFunction): FixAnswer {
  const { source, style } = request;
  const { expression } = chain;
  if (source.text.slice(handler.body.getStart(source), handler.body.end).includes('//'))
    return left('a comment in the handler says that it is empty on purpose');
  const [given] = handler.parameters;
  if (given !== undefined && !ts.isIdentifier(given.name)) return left('the handler takes the error apart');
  const failed = ts.isPropertyAccessExpression(expression) ? expression.expression : undefined;
  const what = failed !== undefined && ts.isCallExpression(failed) ? `${calleeText(failed)}()` : 'a release';
  const name = given?.name.getText(source) ?? 'error';
  const parameter = given?.getText(source) ?? (style.typed ? `${name}: unknown` : name);
  const text = `(${parameter}) => ${logFailure(request, handler, what, name)}`;
  return { edits: [{ start: handler.getStart(source), end: handler.end, text }] };
}
