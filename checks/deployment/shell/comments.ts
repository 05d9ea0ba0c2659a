/** The comments of a script: a `#` that begins a word outside every word, string and here-document. Pure. */
import { forEachChild } from 'unbash';
import { descendants, type Source } from './source.ts';

export interface ScriptComment {
  line: number;
  column: number;
  text: string;
}

export function commentsOf({ file, tree, place }: Source): ScriptComment[] {
  const taken = descendants(tree, forEachChild)
    .filter(({ type }) => type === 'Word' || type === 'HereDocBody' || type === 'Assignment')
    .sort((a, b) => a.pos - b.pos);
  const comments: ScriptComment[] = [];
  const hash = /(^|[\s;|&(){}])#([^\n]*)/g;
  let from = 0;
  for (let match = hash.exec(file.text); match !== null; match = hash.exec(file.text)) {
    const at = match.index + (match[1] ?? '').length;
    while (from < taken.length && (taken[from]?.end ?? 0) <= at) from += 1;
    const inside = taken.some((each) => each.pos <= at && at < each.end);
    if (inside) {
      hash.lastIndex = at + 1;
      continue;
    }
    const { line, column } = place(at);
    comments.push({ line, column, text: (match[2] ?? '').trim() });
  }
  return comments;
}
