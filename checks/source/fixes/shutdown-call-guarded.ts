/** Fixes of shutdown-call-guarded: a try of its own around the release, with a log line in its catch. */
import { ts } from 'ts-morph';
import { indentAt, isFirstOnLine } from './file-style.ts';
import { type FixAnswer, type FixRequest, left, type RuleFixes } from './fix.ts';
import { logFailure } from './logging.ts';
import { callAt, functionAround, statementOf } from './syntax.ts';

export default { unguarded: guardCall, sharedGuard: guardCall } satisfies RuleFixes;

function guardCall(request: FixRequest): FixAnswer {
  const { source, at } = request;
  const call = callAt(source, at);
  const statement = call && (statementOf(call) ?? throughArrow(call));
  if (call === undefined || statement === undefined) return left('the release is part of a larger statement');
  if (triesMore(statement))
    return left('the catch around it does more than log, and would not hear of it any more');
  return guardStatement(request, statement, `${calleeText(call)}()`);
}

/** The catch of the try around it does something besides calling: it sets an exit code, throws, returns. */
function triesMore(statement: ts.Node): boolean {
  for (let node = statement; node.parent !== undefined && !ts.isFunctionLike(node); node = node.parent) {
    const { parent } = node;
    if (!ts.isTryStatement(parent) || parent.tryBlock !== node || parent.catchClause === undefined) continue;
    return !parent.catchClause.block.statements.every(
      (each) =>
        ts.isExpressionStatement(each) && ts.isCallExpression(each.expression) && isLogging(each.expression),
    );
  }
  return false;
}

const isLogging = ({ expression }: ts.CallExpression): boolean =>
  ts.isPropertyAccessExpression(expression) && /^(error|warn|info|log|debug)$/.test(expression.name.text);

/** `await step('pool', () => pool.end())`: what is guarded is the statement. */
function throughArrow(call: ts.Expression): ts.ExpressionStatement | undefined {
  const arrow = functionAround(call);
  if (arrow === undefined || !ts.isArrowFunction(arrow) || arrow.body !== call) return undefined;
  return ts.isCallExpression(arrow.parent) ? statementOf(arrow.parent) : undefined;
}

function guardStatement(request: FixRequest, statement: ts.ExpressionStatement, what: string): FixAnswer {
  const { source, style } = request;
  const { text } = source;
  const start = statement.getStart(source);
  const end = endWithComment(source, statement);
  const isBody =
    !ts.isBlock(statement.parent) &&
    !ts.isSourceFile(statement.parent) &&
    !ts.isCaseOrDefaultClause(statement.parent);
  if (!isBody && !isFirstOnLine(text, start)) return left('it shares its line with other code');
  if (breaksInText(statement, source)) return left('a text over several lines would be indented with it');
  // The body of a loop without braces gets them.
  const indent = isBody
    ? indentAt(text, statement.parent.getStart(source)) + style.unit
    : indentAt(text, start);
  const inner = indent + style.unit;
  const body = text
    .slice(start, end)
    .split(/\r?\n/)
    .map((line, index) => (index === 0 || line === '' ? line : style.unit + line));
  const lines = [
    'try {',
    inner + body.join(style.eol),
    `${indent}} catch (error) {`,
    `${inner}${logFailure(request, statement, what, 'error')}${style.end}`,
    `${indent}}`,
  ].join(style.eol);
  if (!isBody) return { edits: [{ start, end, text: lines }] };
  const outer = indentAt(text, statement.parent.getStart(source));
  const before = statement.getFullStart();
  return { edits: [{ start: before, end, text: ` {${style.eol}${indent}${lines}${style.eol}${outer}}` }] };
}

/** With the comment that stands behind it on its line. */
function endWithComment(source: ts.SourceFile, statement: ts.Node): number {
  return ts.getTrailingCommentRanges(source.text, statement.end)?.at(-1)?.end ?? statement.end;
}

function breaksInText(statement: ts.Node, source: ts.SourceFile): boolean {
  let found = false;
  const visit = (node: ts.Node): void => {
    const isText =
      ts.isTemplateExpression(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isStringLiteral(node);
    if (isText && node.getText(source).includes('\n')) found = true;
    ts.forEachChild(node, visit);
  };
  visit(statement);
  return found;
}

/** The callee as a person calls it: `this.pool.end`. */
export function calleeText(call: ts.CallExpression | ts.NewExpression): string {
  const text = call.expression.getText().replace(/\s+/g, '').replaceAll('?.', '.');
  return /^[\w$.#]{1,60}$/.test(text) ? text : (/[\w$#]+$/.exec(text)?.[0] ?? 'a release');
}
