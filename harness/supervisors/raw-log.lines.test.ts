/** Lines come through whole: cut writes, long lines, last lines without an end. */
import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawLog } from './raw-log.ts';

let folder: string;
let log: RawLog;
let delivered: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shakedown-test-'));
  delivered = [];
  log = new RawLog(join(folder, 'output'), (lines) => delivered.push(lines));
});

afterEach(() => {
  log.close();
  rmSync(folder, { recursive: true });
});

const write = (text: string | Buffer) => writeSync(log.appendDescriptor, text as string);

describe('raw log', () => {
  it('passes on whole lines only, and the rest when its end comes', () => {
    write('one\ntw');
    log.pump();
    expect(delivered.join('')).toBe('one\n');
    write('o\n');
    log.pump();
    expect(delivered.join('')).toBe('one\ntwo\n');
  });

  it('keeps a character together that was written in two halves', () => {
    const bytes = Buffer.from('é\n');
    write(bytes.subarray(0, 1));
    log.pump();
    write(bytes.subarray(1));
    log.pump();
    expect(delivered.join('')).toBe('é\n');
  });

  it('ends a last line without an end when it is drained', () => {
    write('half');
    log.drain();
    log.drain();
    expect(delivered.join('')).toBe('half\n');
  });

  it.each([70_000, 300_000, 1_000_000])(
    'cuts a line of %i bytes once, with a mark, and keeps its neighbours',
    (length) => {
      write(`before\n${'x'.repeat(length)}\nafter\n`);
      log.drain();
      const lines = delivered.join('').split('\n');
      expect(lines.map((line) => line.slice(0, 6))).toEqual(['before', 'xxxxxx', 'after', '']);
      expect(lines[1]).toMatch(/^x{65536} \[shakedown: line cut at 64 KiB\]$/);
    },
  );

  it('gives slices from any position without moving the tail', () => {
    write('one\ntwo\nthr');
    const { lines, cursor } = log.slice(0);
    expect(lines).toEqual(['one', 'two']);
    expect(log.slice(cursor)).toEqual({ lines: [], cursor });
    write('ee\n');
    expect(log.slice(cursor)).toEqual({ lines: ['three'], cursor: 14 });
    expect(delivered).toEqual([]);
  });
});
