/** The export format, cut at every place, with whatever bytes a field may hold. */
import { describe, expect, it } from 'vitest';
import { MAX_VALUE_BYTES } from './entry.ts';
import type { JournalEntry } from './entry.ts';
import { ExportParser } from './export-parser.ts';

const cursor = (number: number) => `__CURSOR=s=abc;i=${number.toString(16)};b=b;m=1;t=1;x=1\n`;

function binary(name: string, value: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(value.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, value, Buffer.from('\n')]);
}

function parse(bytes: Buffer, chunkBytes: number): { entries: JournalEntry[]; truncated: boolean } {
  const entries: JournalEntry[] = [];
  const parser = new ExportParser(['MESSAGE', '_PID'], (entry) => entries.push(entry));
  for (let at = 0; at < bytes.length; at += chunkBytes) parser.push(bytes.subarray(at, at + chunkBytes));
  return { entries, ...parser.end() };
}

const HOSTILE = Buffer.from('MESSAGE=no field\n\n__CURSOR=s=1;i=1;\nümläut\0\x01end\n', 'utf8');
const STREAM = Buffer.concat([
  Buffer.from(`${cursor(10)}MESSAGE=a=b ümläut\n_PID=1\n_PID=2\nOTHER=x\n\n`),
  Buffer.from(cursor(11)),
  binary('MESSAGE', HOSTILE),
  binary('OTHER', Buffer.from([0, 10, 255])),
  Buffer.from('_PID=3\n\n'),
  Buffer.from(cursor(12)),
  binary('MESSAGE', Buffer.alloc(0)),
  Buffer.from('\n'),
]);

describe('the export format', () => {
  it.each([1, 2, 3, 7, 8, 9, 64, 100_000])('in chunks of %i bytes', (chunkBytes) => {
    const { entries, truncated } = parse(STREAM, chunkBytes);
    expect(truncated).toBe(false);
    expect(entries.map(({ seqnum, fields }) => [seqnum, fields.get('MESSAGE'), fields.get('_PID')])).toEqual([
      [10, 'a=b ümläut', '1'],
      [11, HOSTILE.toString('utf8'), '3'],
      [12, '', undefined],
    ]);
    expect(entries.every(({ fields }) => !fields.has('OTHER'))).toBe(true);
  });

  it('of any size is read without being held', () => {
    const huge = Buffer.alloc(20_000_000, 'x');
    const stream = Buffer.concat([
      Buffer.from(cursor(1)),
      binary('MESSAGE', huge),
      Buffer.from('_PID=1\n\n'),
      Buffer.from(`${cursor(2)}MESSAGE=`),
      huge,
      Buffer.from('\n_PID=2\n\n'),
    ]);
    const { entries } = parse(stream, 65_536);
    expect(entries.map(({ fields }) => [fields.get('MESSAGE')?.length, fields.get('_PID')])).toEqual([
      [MAX_VALUE_BYTES, '1'],
      [MAX_VALUE_BYTES, '2'],
    ]);
  });

  it('that ends within an entry says so', () => {
    for (let end = 1; end < STREAM.length; end += 1) {
      const { entries, truncated } = parse(STREAM.subarray(0, end), 50);
      expect(entries.length, `${end} bytes`).toBeLessThanOrEqual(3);
      const isBetween = end >= 3 && STREAM.subarray(end - 2, end).toString('latin1') === '\n\n';
      if (!truncated && !isBetween) expect(STREAM.subarray(end - 1, end).toString()).toBe('\n');
    }
  });

  it.each([
    ['an entry without a cursor', Buffer.from('MESSAGE=x\n\n')],
    [
      'a binary field that is not ended',
      Buffer.concat([binary('MESSAGE', Buffer.from('abc')).subarray(0, -1), Buffer.from('x')]),
    ],
    ['a length that cannot be', Buffer.concat([Buffer.from('MESSAGE\n'), Buffer.alloc(8, 0xff)])],
  ])('%s is refused', (_what, bytes) => {
    expect(() => parse(bytes, 10)).toThrow();
  });
});
