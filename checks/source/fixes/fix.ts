/** What a fix is: from a finding and the syntax where it stands to edits of the text, or the reason why it is left to a person. */
import type { ts } from 'ts-morph';
import type { Graph } from '../graph/graph.ts';
import type { FileStyle } from './file-style.ts';

/** Replaces `[start, end)` of the file by `text`. */
export interface Edit {
  start: number;
  end: number;
  text: string;
}

export interface FixRequest {
  source: ts.SourceFile;
  /** Offset of the finding's location. */
  at: number;
  checker: ts.TypeChecker;
  graph: Graph;
  /** Index of the file in the graph's program. */
  file: number;
  style: FileStyle;
}

/** A word why not: shown to the user, who then does it by hand. */
export type FixAnswer = { edits: Edit[] } | { left: string };
export type Fix = (request: FixRequest) => FixAnswer;
/** By message id; a message without a fix has none that is safe. */
export type RuleFixes = Readonly<Record<string, Fix>>;

export const left = (why: string): FixAnswer => ({ left: why });

/** The edits in the text. Those that overlap one before them are dropped; the next round makes them. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const ordered = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  let out = '';
  let at = 0;
  for (const { start, end, text: replacement } of ordered) {
    if (start < at) continue;
    out += text.slice(at, start) + replacement;
    at = end;
  }
  return out + text.slice(at);
}
