/** Function declarations and types last and in reverse, the methods of a class in reverse: the order that nothing depends on. */
import { ts } from 'ts-morph';
import { applyEdits, parse, type Edit } from './edits.ts';

export function reordered(file: string, text: string): string {
  const source = parse(file, text);
  const moved = source.statements.filter(isHoisted);
  const classEdits = source.statements
    .filter(ts.isClassDeclaration)
    .flatMap((each) => reverseMethods(each, text));
  const removed = moved.map((each): Edit => ({ at: each.getFullStart(), end: each.end, text: '' }));
  const tail = moved
    .map((each) => text.slice(each.getFullStart(), each.end).replace(/^\n*/, '\n'))
    .reverse()
    .join('\n');
  const rest = applyEdits(text, [...removed, ...classEdits]);
  return `${rest.trimEnd()}\n${tail}\n`;
}

function isHoisted(node: ts.Statement): boolean {
  return (
    (ts.isFunctionDeclaration(node) && node.body !== undefined) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node)
  );
}

/** Fields and the constructor stay where they are: their order means something. */
function reverseMethods(node: ts.ClassDeclaration, text: string): Edit[] {
  const methods = node.members.filter((each) => ts.isMethodDeclaration(each) && each.body !== undefined);
  const texts = methods.map((each) => text.slice(each.getFullStart(), each.end)).reverse();
  return methods.map((each, index) => ({ at: each.getFullStart(), end: each.end, text: texts[index] ?? '' }));
}
