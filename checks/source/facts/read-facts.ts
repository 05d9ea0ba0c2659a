/**
 * Facts of a file, from the cache when its content was seen before. Called by the source stage.
 * A cache that cannot be read or written is no failure: the facts are then extracted again.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ts } from 'ts-morph';
import { ignoreInGit } from '../../../harness/run-store.ts';
import { extractFacts } from './extract-facts.ts';
import { FACTS_VERSION, type FileFacts } from './model.ts';

export interface FactsInput {
  path: string;
  text: string;
  hash: string;
}

/** `cacheFolder` absent: nothing is cached. */
export function readFacts(file: FactsInput, cacheFolder: string | undefined): FileFacts {
  if (cacheFolder === undefined) return extractFacts(file.path, file.text);
  const kind = path.extname(file.path);
  const key = createHash('sha256').update(`${extractorDigest()}\0${kind}\0${file.hash}`).digest('hex');
  const entry = path.join(cacheFolder, `${key}.json`);
  const known = readEntry(entry);
  if (known) return known;
  const facts = extractFacts(file.path, file.text);
  writeEntry(entry, facts);
  return facts;
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

function readEntry(entry: string): FileFacts | undefined {
  try {
    const facts = JSON.parse(readFileSync(entry, 'utf8')) as FileFacts;
    return facts.version === FACTS_VERSION ? facts : undefined;
  } catch {
    // No entry, or one that was cut off: extracted again.
    return undefined;
  }
}

function writeEntry(entry: string, facts: FileFacts): void {
  try {
    mkdirSync(path.dirname(entry), { recursive: true });
    ignoreInGit(path.dirname(entry));
    const partial = `${entry}.${process.pid}`;
    writeFileSync(partial, JSON.stringify(facts));
    renameSync(partial, entry);
  } catch {
    // A read-only tree is checked without a cache.
  }
}
