/** Finds `// shakedown-allow <id>: reason`. Comments are found by the scanner, so that the words in a string are none. */
import { ts } from 'ts-morph';
import type { AllowComment } from './model.ts';

const PATTERN = /^(?:\/\/|\/\*)\s*shakedown-allow\b\s*([\w-]*)\s*:?\s*(.*?)\s*(?:\*\/)?$/;

export function readAllows(source: ts.SourceFile): AllowComment[] {
  if (!source.text.includes('shakedown-allow')) return [];
  const found = new Map<number, AllowComment>();
  const visit = (node: ts.Node): void => {
    for (const range of ts.getLeadingCommentRanges(source.text, node.pos) ?? []) add(range);
    for (const range of ts.getTrailingCommentRanges(source.text, node.end) ?? []) add(range);
    node.getChildren(source).forEach(visit);
  };
  const add = (range: ts.CommentRange): void => {
    const match = PATTERN.exec(source.text.slice(range.pos, range.end));
    if (!match) return;
    const { line, character } = source.getLineAndCharacterOfPosition(range.pos);
    found.set(range.pos, {
      rule: match[1] ?? '',
      reason: match[2] ?? '',
      line: line + 1,
      column: character + 1,
    });
  };
  visit(source);
  return [...found.values()];
}
