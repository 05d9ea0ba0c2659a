/** The text of a script with places in it. Called while a script is walked. Pure. */
import { parse, type ParsedScript, type SyntaxNode } from 'unbash';
import type { Location } from '../../../harness/verdict.ts';
import type { DeploymentFile } from '../files/find-files.ts';

export interface Source {
  file: DeploymentFile;
  tree: ParsedScript;
  place(offset: number): Location;
  /** As it is written, on one line, cut where it gets long. */
  textOf(node: { pos: number; end: number }): string;
}

const LONGEST = 90;

export function createSource(file: DeploymentFile): Source {
  const starts = [0];
  for (let at = file.text.indexOf('\n'); at >= 0; at = file.text.indexOf('\n', at + 1)) starts.push(at + 1);
  return {
    file,
    tree: parse(file.text),
    place: (offset) => {
      const line = starts.findLastIndex((start) => start <= offset);
      return { file: file.path, line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
    },
    textOf: ({ pos, end }) => {
      const text = file.text.slice(pos, end).replace(/\\\n/g, ' ').replace(/\s+/g, ' ').trim();
      return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
    },
  };
}

/** Every node below, in the order of the text. */
export function descendants(
  node: SyntaxNode,
  forEachChild: (node: SyntaxNode, visit: (child: SyntaxNode) => void) => void,
): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const visit = (child: SyntaxNode): void => {
    found.push(child);
    forEachChild(child, visit);
  };
  forEachChild(node, visit);
  return found;
}
