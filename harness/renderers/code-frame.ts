/** A few lines of source around a place, with a caret under the column. Pure; called by the terminal renderer. */
import { cleanText } from './clean-text.ts';

const LINES_AROUND = 3;
const TAB = '  ';
/** Widest part of a line that is shown, in columns; a longer one is shown around the caret. */
const MAX_WIDTH = 120;

/** Characters that take two columns in a terminal. */
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

/** One line of a frame. `marked` is the line of the finding, `caret` the line under it. */
export interface FrameLine {
  gutter: string;
  text: string;
  kind: 'around' | 'marked' | 'caret';
}

/**
 * The lines from three before to three after `line`. Line and column count from 1.
 * Empty when the source has no such line: the file is not the one that was examined any more.
 */
export function codeFrame(source: string, line: number, column: number): FrameLine[] {
  const lines = source.split(/\r\n|\r|\n/);
  if (!Number.isInteger(line) || line < 1 || line > lines.length) return [];
  const first = Math.max(1, line - LINES_AROUND);
  const last = Math.min(lines.length, line + LINES_AROUND);
  const width = String(last).length;
  const before = printable((lines[line - 1] ?? '').slice(0, Math.max(0, column - 1)));
  const offset = Math.max(0, columnsOf(before) - Math.floor(MAX_WIDTH * 0.75));
  const frame: FrameLine[] = [];
  for (let number = first; number <= last; number += 1) {
    const marked = number === line;
    const gutter = `${marked ? '>' : ' '} ${String(number).padStart(width)} |`;
    frame.push({
      gutter,
      text: windowOf(printable(lines[number - 1] ?? ''), offset),
      kind: marked ? 'marked' : 'around',
    });
    if (!marked) continue;
    const indent = ' '.repeat(Math.max(0, columnsOf(before) - offset));
    frame.push({ gutter: `  ${' '.repeat(width)} |`, text: `${indent}^`, kind: 'caret' });
  }
  return frame;
}

function printable(text: string): string {
  return cleanText(text).replaceAll('\n', '').replaceAll('\t', TAB);
}

function columnsOf(text: string): number {
  return [...text].reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);
}

/** The part of a line from column `offset` on, as wide as a frame may be. */
function windowOf(text: string, offset: number): string {
  let at = 0;
  let shown = '';
  for (const character of text) {
    if (at >= offset + MAX_WIDTH) return `${shown}…`;
    if (at >= offset) shown += character;
    at += columnsOf(character);
  }
  return shown.trimEnd();
}
