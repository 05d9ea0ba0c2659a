/** A log that is rotated in every usual way while it is followed: no line lost or read twice, or it is told. */
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endOfFile, readOn } from './follow-file.ts';
import type { FilePlace } from './log-cursor.ts';

let folder: string;
let log: string;
let cursor: { place: FilePlace; before?: FilePlace };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shakedown-follow-'));
  log = join(folder, 'app.log');
  writeFileSync(log, 'old\n');
  cursor = { place: endOfFile(log) };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As the next watch would: from what the ledger holds, which is JSON. */
function read(): { lines: string; missing: number } {
  const { text, missing, ...next } = readOn(log, JSON.parse(JSON.stringify(cursor)) as typeof cursor);
  cursor = next;
  return { lines: text.toString().replaceAll('\n', ' ').trim(), missing: missing.length };
}
const rotate = (to: string): void => {
  renameSync(log, join(folder, to));
  writeFileSync(log, '');
};

describe('a log that is followed', () => {
  it('begins at its end, and gives whole lines once', () => {
    appendFileSync(log, 'a\nb\nhal');
    expect(read()).toEqual({ lines: 'a b', missing: 0 });
    expect(read()).toEqual({ lines: '', missing: 0 });
    appendFileSync(log, 'f\n');
    expect(read()).toEqual({ lines: 'half', missing: 0 });
  });

  it('goes on in the renamed file and in the new one', () => {
    appendFileSync(log, 'a\n');
    rotate('app.log.1');
    appendFileSync(log, 'b\n');
    expect(read()).toEqual({ lines: 'a b', missing: 0 });
    // The service has not opened the new file yet.
    appendFileSync(join(folder, 'app.log.1'), 'late\n');
    appendFileSync(log, 'c\n');
    expect(read()).toEqual({ lines: 'late c', missing: 0 });
    appendFileSync(join(folder, 'app.log.1'), 'later\n');
    expect(read()).toEqual({ lines: 'later', missing: 0 });
    // Quiet for a look, and then not.
    expect(read()).toEqual({ lines: '', missing: 0 });
    appendFileSync(join(folder, 'app.log.1'), 'last\n');
    expect(read()).toEqual({ lines: 'last', missing: 0 });
  });

  it('is not read on in files that only begin with its name', () => {
    appendFileSync(log, 'a\n');
    rotate('app.log.1');
    for (const other of ['app-error.log', 'app.sqlite', 'apples-1.txt'])
      writeFileSync(join(folder, other), 'other\n');
    expect(read()).toEqual({ lines: 'a', missing: 0 });
  });

  it('reads files that came and went between two looks, in order', () => {
    appendFileSync(log, 'a\n');
    rotate('app.log.1');
    appendFileSync(log, 'b\n');
    renameSync(join(folder, 'app.log.1'), join(folder, 'app.log.2'));
    rotate('app.log.1');
    appendFileSync(log, 'c\n');
    expect(read()).toEqual({ lines: 'a b c', missing: 0 });
  });

  it('tells when the renamed file is gone', () => {
    appendFileSync(log, 'a\n');
    // Held by another name, so that its number is not given to the next file.
    renameSync(log, join(folder, 'elsewhere'));
    writeFileSync(log, 'b\n');
    expect(read()).toEqual({ lines: 'b', missing: 1 });
    expect(read()).toEqual({ lines: '', missing: 0 });
  });

  it('tells when it was emptied in place', () => {
    appendFileSync(log, 'a long line that makes it longer than what comes after\n');
    read();
    copyFileSync(log, join(folder, 'app.log.1'));
    truncateSync(log, 0);
    appendFileSync(log, 'b\n');
    expect(read()).toEqual({ lines: 'b', missing: 1 });
  });

  it('knows another file of the same number by its first bytes', () => {
    appendFileSync(log, 'a\n');
    read();
    // Emptied and filled again beyond where it had been read.
    truncateSync(log, 0);
    appendFileSync(log, 'quite another file, and a longer one\n');
    expect(read()).toEqual({ lines: 'quite another file, and a longer one', missing: 1 });
  });
});
