import { describe, expect, it } from 'vitest';
import { codeFrame } from './code-frame.ts';

const text = (source: string, line: number, column: number): string =>
  codeFrame(source, line, column)
    .map((part) => `${part.gutter} ${part.text}`.trimEnd())
    .join('\n');

const numbered = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`).join('\n');

describe('codeFrame', () => {
  it('shows three lines around the place, numbers aligned, and a caret under the column', () => {
    expect(text(numbered, 9, 6)).toBe(
      [
        '   6 | line 6',
        '   7 | line 7',
        '   8 | line 8',
        '>  9 | line 9',
        '     |      ^',
        '  10 | line 10',
        '  11 | line 11',
        '  12 | line 12',
      ].join('\n'),
    );
  });

  it('ends at the ends of the file', () => {
    expect(text('only', 1, 1)).toBe('> 1 | only\n    | ^');
    expect(codeFrame(numbered, 12, 1).at(-1)?.kind).toBe('caret');
  });

  it.each([0, -1, 13, 1.5, Number.NaN])('is empty for line %s, which the file does not have', (line) => {
    expect(codeFrame(numbered, line, 1)).toEqual([]);
  });

  it.each([
    ['tabs', '\t\tcall()', 3, '> 1 |     call()\n    |     ^'],
    ['wide characters', "'日本' + call()", 8, "> 1 | '日本' + call()\n    |          ^"],
    ['escape sequences', '\u001b[31mx = 1', 8, '> 1 | x = 1\n    |   ^'],
    ['a column beyond the end', 'ab', 40, '> 1 | ab\n    |   ^'],
  ])('puts the caret where it belongs behind %s', (_what, source, column, expected) => {
    expect(text(source, 1, column)).toBe(expected);
  });

  it('shows the part of a long line that holds the column', () => {
    const [marked, caret] = codeFrame(`${'x'.repeat(5_000)}HERE${'y'.repeat(5_000)}`, 1, 5_001);
    expect(marked?.text.length).toBeLessThanOrEqual(121);
    expect(marked?.text.slice(caret?.text.indexOf('^')).startsWith('HERE')).toBe(true);
  });

  it('knows line ends of other systems', () => {
    expect(text('a\r\nb\r\nc', 2, 1)).toBe('  1 | a\n> 2 | b\n    | ^\n  3 | c');
  });
});
