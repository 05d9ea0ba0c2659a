import { describe, expect, it } from 'vitest';
import { cleanText, cutText, oneLine } from './clean-text.ts';

describe('cleanText', () => {
  it.each([
    ['ANSI colours', '\u001b[1;31mred\u001b[0m', 'red'],
    ['cursor movements', 'a\u001b[2K\u001b[1Gb', 'ab'],
    ['terminal links', '\u001b]8;;http://example.com\u0007text\u001b]8;;\u0007', 'text'],
    ['a lone escape', 'a\u001bb'.slice(0, 2), 'a'],
    ['NUL and the C0 controls', 'a\u0000\u0001\u0008\u000b\u000c\u001fb', 'ab'],
    ['DEL and the C1 controls', 'a\u007f\u0080\u009eb', 'ab'],
    ['non-characters', 'a\ufffe\uffffb', 'ab'],
    ['half of a surrogate pair', 'a\ud800b', 'a\ufffdb'],
    ['marks that reorder text', 'a\u202eb\u2066c', 'abc'],
    ['line ends of every kind', 'a\r\nb\rc\u2028d\u2029e\u0085f', 'a\nb\nc\nd\ne\nf'],
    ['what is fine', 'tab\t, emoji 🙂, 日本語, \ufffd', 'tab\t, emoji 🙂, 日本語, \ufffd'],
  ])('deals with %s', (_what, text, expected) => {
    expect(cleanText(text)).toBe(expected);
  });
});

describe('oneLine', () => {
  it('makes one line of many, with single spaces', () => {
    expect(oneLine('  a\n\n b\t\u00a0c\ufeff ')).toBe('a b c');
  });
});

describe('cutText', () => {
  it('leaves what fits', () => {
    expect(cutText('x'.repeat(100), 100)).toBe('x'.repeat(100));
  });

  it('cuts between characters, within the limit, and says so', () => {
    for (let limit = 60; limit < 70; limit += 1) {
      const cut = cutText('🙂'.repeat(100), limit);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(limit);
      expect(cut).toMatch(/^(🙂)+ … \(cut: 400 bytes in all\)$/u);
    }
  });
});
