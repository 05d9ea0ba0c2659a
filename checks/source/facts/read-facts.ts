/**
 * Facts of files, from the cache when their content was seen before: one file holds them all. Opened by the reader of the
 * project, once per analysis. A cache that cannot be read or written is no failure: the facts are then extracted again.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { ts } from 'ts-morph';
import { ignoreInGit } from '../../../harness/run-store.ts';
import { extractFacts } from './extract-facts.ts';
import { FACTS_VERSION, type FileFacts } from './model.ts';

export interface FactsInput {
  path: string;
  text: string;
  /** sha256 of the content. */
  hash: string;
}

export interface FactsCache {
  read(file: FactsInput): FileFacts;
  /** Writes what was read, when that is not what is there already. */
  save(): void;
}

/** One file's facts as they are written. */
interface Packed {
  bytes: Buffer;
  crc: number;
}

/** `folder` absent: nothing is cached. */
export function openFacts(folder: string | undefined): FactsCache {
  if (folder === undefined)
    return { read: (file) => extractFacts(file.path, file.text), save: () => undefined };
  const file = path.join(folder, `facts-${extractorDigest().slice(0, 16)}.pack`);
  const before = readPack(file);
  const used = new Map<string, Packed>();
  let isChanged = false;
  return {
    read: (input) => {
      const key = `${input.hash}${path.extname(input.path)}`;
      const packed = before.get(key);
      const known = packed && unpack(packed);
      if (packed && known) {
        used.set(key, packed);
        return known;
      }
      isChanged = true;
      const facts = extractFacts(input.path, input.text);
      const bytes = Buffer.from(JSON.stringify(facts));
      used.set(key, { bytes, crc: crc32(bytes) });
      return facts;
    },
    save: () => {
      // Files that went away stay until something new is written.
      if (isChanged) writePack(file, used);
    },
  };
}

let digest: string | undefined;

/** Names the extractor by its own code and its parser: another one never answers with what this one has seen. */
function extractorDigest(): string {
  if (digest !== undefined) return digest;
  const hash = createHash('sha256').update(`${FACTS_VERSION}\0${ts.version}`);
  const folder = import.meta.dirname;
  const own = readdirSync(folder).filter((name) => /\.[jt]s$/.test(name) && !/\.(test|d)\.[jt]s$/.test(name));
  for (const name of own.sort()) hash.update(readFileSync(path.join(folder, name)));
  return (digest = hash.digest('hex'));
}

/** The first line lists what follows: key, length and checksum of each. */
function readPack(file: string): Map<string, Packed> {
  const found = new Map<string, Packed>();
  try {
    const whole = readFileSync(file);
    const end = whole.indexOf(10);
    let at = end + 1;
    for (const [key, length, crc] of JSON.parse(whole.toString('utf8', 0, end)) as [
      string,
      number,
      number,
    ][]) {
      found.set(key, { bytes: whole.subarray(at, at + length), crc });
      at += length;
    }
  } catch {
    // None yet, cut off in its first line, or garbage: what is not found is extracted again.
  }
  return found;
}

function unpack({ bytes, crc }: Packed): FileFacts | undefined {
  if (crc32(bytes) !== crc) return undefined;
  try {
    const facts = JSON.parse(bytes.toString()) as FileFacts;
    return facts.version === FACTS_VERSION ? facts : undefined;
  } catch {
    // The checksum was damaged together with the facts.
    return undefined;
  }
}

function writePack(file: string, used: ReadonlyMap<string, Packed>): void {
  try {
    const folder = path.dirname(file);
    mkdirSync(folder, { recursive: true });
    ignoreInGit(folder);
    const list = [...used].map(([key, { bytes, crc }]) => [key, bytes.length, crc]);
    const partial = `${file}.${process.pid}`;
    writeFileSync(
      partial,
      Buffer.concat([
        Buffer.from(`${JSON.stringify(list)}\n`),
        ...[...used.values()].map(({ bytes }) => bytes),
      ]),
    );
    renameSync(partial, file);
    for (const each of readdirSync(folder))
      if (isOutdated(each) && each !== path.basename(file)) rmSync(path.join(folder, each), { force: true });
  } catch {
    // A read-only tree is checked without a cache.
  }
}

/** Packs of other extractors, and the single files of former versions. */
const isOutdated = (name: string): boolean => /^facts-.*\.pack$|^[0-9a-f]{64}\.json$/.test(name);
