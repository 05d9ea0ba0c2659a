/** How a file is written, so that what is added looks like the rest: indentation, quotes, semicolons, line ends. */
import { ts } from 'ts-morph';

export interface FileStyle {
  /** One step of indentation. */
  unit: string;
  quote: "'" | '"';
  /** `;` or nothing. */
  end: ';' | '';
  eol: '\n' | '\r\n';
  /** Types may be written. */
  typed: boolean;
}

export function styleOf(source: ts.SourceFile): FileStyle {
  const { text } = source;
  const counts = { single: 0, double: 0, ended: 0, open: 0 };
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node)) counts[text[node.getStart(source)] === '"' ? 'double' : 'single'] += 1;
    if (ts.isExpressionStatement(node) || ts.isVariableStatement(node) || ts.isImportDeclaration(node))
      counts[text[node.end - 1] === ';' ? 'ended' : 'open'] += 1;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return {
    unit: indentationUnit(text),
    quote: counts.double > counts.single ? '"' : "'",
    end: counts.open > counts.ended ? '' : ';',
    eol: text.includes('\r\n') ? '\r\n' : '\n',
    typed: /\.[cm]?tsx?$/.test(source.fileName),
  };
}

/** The step that most lines are indented by. Comments' stars stand a column further in and are not asked. */
function indentationUnit(text: string): string {
  const indents = text.split(/\r?\n/).flatMap((line) => /^([ \t]+)[^\s*]/.exec(line)?.[1] ?? []);
  if (indents.some((indent) => indent.startsWith('\t'))) return '\t';
  const steps = new Map<number, number>();
  let before = 0;
  for (const { length } of indents) {
    const step = Math.abs(length - before);
    if (step > 1) steps.set(step, (steps.get(step) ?? 0) + 1);
    before = length;
  }
  const [most] = [...steps].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return ' '.repeat(most === undefined || most[0] > 8 ? 2 : most[0]);
}

/** White space at the beginning of the line of an offset. */
export function indentAt(text: string, offset: number): string {
  const start = lineStart(text, offset);
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? '';
}

/** The same for whatever stands on the line. */
export const indentOfLine = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? '';

export const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

/** Nothing but white space stands before an offset on its line. */
export const isFirstOnLine = (text: string, offset: number): boolean =>
  text.slice(lineStart(text, offset), offset).trim() === '';
