/**
 * Follows a log file from a cursor: on through rotation by renaming, and through restarts of whoever reads. What may be
 * missing is told, never passed over. Called by `look-at-log.ts`.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { FilePlace } from './log-cursor.ts';

const HEAD_BYTES = 256;
/** What is written faster than this at once is read at the next look. */
const MAX_READ_BYTES = 32 * 1024 * 1024;
const NEWLINE = 0x0a;

export interface FileReading {
  /** Whole lines, with their ends. */
  text: Buffer;
  place: FilePlace;
  before?: FilePlace;
  /** Why lines may be missing; empty: none is. */
  missing: string[];
}

/** The end of the file as it is now. @throws Error when there is no such file. */
export function endOfFile(path: string): FilePlace {
  return withFile(path, (descriptor) => placeAt(descriptor, lastLineEnd(descriptor)));
}

/** Everything since the cursor. @throws Error when the file cannot be read: it may come back. */
export function readOn(
  path: string,
  { place, before }: { place: FilePlace; before?: FilePlace },
): FileReading {
  const now = withFile(path, (descriptor) => placeAt(descriptor, 0));
  const late = before === undefined ? undefined : readRest(path, before);
  const lateText = late?.text ?? Buffer.alloc(0);
  if (isSame(now, place)) {
    const { text, offset } = readLines(path, place.offset, false);
    // Until the next rotation: a service that has not opened the new file writes on to the renamed one.
    const keep = late === undefined ? {} : { before: late.place };
    return {
      text: Buffer.concat([lateText, text]),
      place: { ...refreshed(path, place), offset },
      ...keep,
      missing: [],
    };
  }
  if (now.inode === place.inode && now.device === place.device) return truncated(path, lateText);
  return rotated(path, place, lateText);
}

/** Emptied in place: what was written between the last look and that is nowhere. */
function truncated(path: string, late: Buffer): FileReading {
  const { text, offset } = readLines(path, 0, false);
  const place = { ...refreshed(path), offset };
  const missing = [
    `${path} was emptied in place: lines written just before that may be lost (rotate it by renaming)`,
  ];
  return { text: Buffer.concat([late, text]), place, missing };
}

/** Renamed: the rest of the old file, those that came and went meanwhile, and the new one from its beginning. */
function rotated(path: string, place: FilePlace, late: Buffer): FileReading {
  const missing: string[] = [];
  const siblings = siblingsOf(path);
  const old = siblings.find((sibling) => isSame(sibling.place, place));
  const parts: Buffer[] = [late];
  let before: FilePlace | undefined;
  if (old === undefined) {
    missing.push(
      `the file that was read before is gone from ${dirname(path)}: its last lines were not read (keep one rotated file uncompressed)`,
    );
  } else {
    const rest = readLines(old.path, place.offset, true);
    parts.push(rest.text);
    // More than is read at once: the next look goes on in the same file.
    if (rest.offset < statSync(old.path).size)
      return { text: Buffer.concat(parts), place: { ...place, offset: rest.offset }, missing };
    before = { ...old.place, offset: rest.offset };
    for (const between of siblings.filter((each) => each !== old && each.modifiedMs >= old.modifiedMs)) {
      const whole = readLines(between.path, 0, true);
      parts.push(whole.text);
      if (whole.offset < statSync(between.path).size)
        missing.push(`${between.path} is longer than the ${MAX_READ_BYTES} bytes that were read of it`);
    }
  }
  const { text, offset } = readLines(path, 0, false);
  parts.push(text);
  return {
    text: Buffer.concat(parts),
    place: { ...refreshed(path), offset },
    ...(before === undefined ? {} : { before }),
    missing,
  };
}

/** What a renamed file still got. */
function readRest(path: string, before: FilePlace): { text: Buffer; place: FilePlace } | undefined {
  const old = siblingsOf(path).find((sibling) => isSame(sibling.place, before));
  if (old === undefined) return undefined;
  const { text, offset } = readLines(old.path, before.offset, true);
  return { text, place: { ...old.place, offset } };
}

interface Sibling {
  path: string;
  place: FilePlace;
  modifiedMs: number;
}

/** Files beside it whose names begin with its own, the oldest first. */
function siblingsOf(path: string): Sibling[] {
  const folder = dirname(path);
  const name = basename(path);
  const stem = name.replace(/\.[^.]+$/, '');
  return readdirSync(folder)
    .filter((each) => each !== name && isRotated(each, stem, extname(name)))
    .flatMap((each): Sibling[] => {
      try {
        const sibling = join(folder, each);
        if (!statSync(sibling).isFile()) return [];
        return [
          {
            path: sibling,
            place: withFile(sibling, (descriptor) => placeAt(descriptor, 0)),
            modifiedMs: statSync(sibling).mtimeMs,
          },
        ];
      } catch {
        return []; // gone in between: it is looked for again at the next look
      }
    })
    .sort((one, other) => one.modifiedMs - other.modifiedMs);
}

/** `app.log.1` and `app-2026-11-29.log` of `app.log`; `app-error.log` and `app.sqlite` are files of their own. */
function isRotated(name: string, stem: string, extension: string): boolean {
  return name.startsWith(stem) && name.includes(extension) && /\d|old|bak|prev/.test(name.slice(stem.length));
}

/** The same file, and nothing of it was taken away. */
function isSame(now: FilePlace & { size?: number }, then: FilePlace): boolean {
  if (now.inode !== then.inode || now.device !== then.device) return false;
  if (now.size !== undefined && now.size < then.offset) return false;
  return (
    then.headBytes === 0 || (now.headBytes >= then.headBytes && headOf(now, then.headBytes) === then.head)
  );
}

/** Places that were just looked at know their first bytes, to be compared with those that were known before. */
function headOf(place: FilePlace & { first?: Buffer }, bytes: number): string {
  return place.first === undefined ? place.head : hash(place.first.subarray(0, bytes));
}

/** The place with as many first bytes as it has by now. */
function refreshed(path: string, place?: FilePlace): FilePlace {
  if (place !== undefined && place.headBytes === HEAD_BYTES) return place;
  const { device, inode, head, headBytes, offset } = withFile(path, (descriptor) =>
    placeAt(descriptor, place?.offset ?? 0),
  );
  return { device, inode, offset, head, headBytes };
}

function placeAt(descriptor: number, offset: number): FilePlace & { first: Buffer; size: number } {
  const { dev, ino, size } = fstatSync(descriptor);
  const first = Buffer.alloc(Math.min(HEAD_BYTES, size));
  const headBytes = readSync(descriptor, first, 0, first.length, 0);
  const whole = { device: dev, inode: ino, offset, head: hash(first.subarray(0, headBytes)), headBytes };
  return Object.defineProperties(whole, {
    // Not part of what is stored.
    first: { value: first, enumerable: false },
    size: { value: size, enumerable: false },
  }) as FilePlace & { first: Buffer; size: number };
}

/** Whole lines from an offset on; `toEnd`: a last line without an end is one as well, nobody will end it. */
function readLines(path: string, from: number, toEnd: boolean): { text: Buffer; offset: number } {
  return withFile(path, (descriptor) => {
    const size = Math.min(fstatSync(descriptor).size - from, MAX_READ_BYTES);
    if (size <= 0) return { text: Buffer.alloc(0), offset: from };
    const buffer = Buffer.alloc(size);
    const read = readSync(descriptor, buffer, 0, size, from);
    const bytes = buffer.subarray(0, read);
    const end = toEnd ? read : bytes.lastIndexOf(NEWLINE) + 1;
    const text = bytes.subarray(0, end);
    const open = toEnd && end > 0 && text[end - 1] !== NEWLINE;
    return { text: open ? Buffer.concat([text, Buffer.from('\n')]) : text, offset: from + end };
  });
}

function lastLineEnd(descriptor: number): number {
  const { size } = fstatSync(descriptor);
  const length = Math.min(size, MAX_READ_BYTES);
  const buffer = Buffer.alloc(length);
  readSync(descriptor, buffer, 0, length, size - length);
  return size - length + buffer.lastIndexOf(NEWLINE) + 1;
}

function withFile<T>(path: string, use: (descriptor: number) => T): T {
  const descriptor = openSync(path, 'r');
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
