/**
 * The whole answer of an analysis, kept beside the facts and given again while nothing that it depends on has changed.
 * Called by the source stage. A cache that cannot be read, or is not whole, answers nothing; one that cannot be written is
 * left out.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ignoreInGit } from '../../../harness/run-store.ts';
import { outsideHash, treeHash, type InputsOf, type LookedAt } from './inputs.ts';
import { toolHash } from './tool.ts';

/** Raised whenever the shape of an entry changes. */
const VERSION = 1;
/** So many answers are kept: those of other rules, other settings, other folders of the same repository. */
const KEPT = 8;

export interface CacheKey extends InputsOf {
  folder: string;
  /** Configuration, rules, and what stands beside the source: all that is given and not read. */
  settings: unknown;
}

export interface Kept<Result> {
  result: Result;
  /** When the analysis ran; ISO 8601, UTC. */
  analysedAt: string;
}

interface Entry {
  version: typeof VERSION;
  tool: string;
  tree: string;
  outside: string;
  looked: LookedAt;
  analysedAt: string;
  /** The answer as JSON, and its hash: half an answer is none. */
  body: string;
  bodyHash: string;
}

export interface ResultCache<Result> {
  /** The answer, when nothing has changed since. */
  kept: Kept<Result> | undefined;
  /** Keeps a fresh answer, unless something changed while it was made. */
  keep(result: Result, looked: LookedAt, analysedAt: string): void;
}

/** Looks a question up; call it before the analysis. */
export function openResultCache<Result>(key: CacheKey): ResultCache<Result> {
  const file = path.join(key.folder, `result-${hashOf(wordsOf(key)).slice(0, 32)}.json`);
  const tree = treeHash(key);
  const entry = readEntry(file);
  return {
    kept: entry && isCurrent(entry, key, tree) ? answerOf<Result>(entry) : undefined,
    keep: (result, looked, analysedAt) => {
      if (treeHash(key) !== tree) return;
      const body = JSON.stringify(result);
      const outside = outsideHash(key, looked);
      const bodyHash = hashOf(body);
      writeEntry(file, {
        version: VERSION,
        tool: toolHash(),
        tree,
        outside,
        looked,
        analysedAt,
        body,
        bodyHash,
      });
    },
  };
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const wordsOf = ({ projectRoot, root, settings }: CacheKey): string =>
  JSON.stringify([projectRoot, root, settings], (_key, each: unknown) =>
    each instanceof RegExp ? String(each) : each,
  );

function isCurrent(entry: Entry, key: CacheKey, tree: string): boolean {
  return entry.tool === toolHash() && entry.tree === tree && entry.outside === outsideHash(key, entry.looked);
}

function answerOf<Result>(entry: Entry): Kept<Result> | undefined {
  if (hashOf(entry.body) !== entry.bodyHash) return undefined;
  return { result: JSON.parse(entry.body) as Result, analysedAt: entry.analysedAt };
}

function readEntry(file: string): Entry | undefined {
  try {
    const entry = JSON.parse(readFileSync(file, 'utf8')) as Entry;
    const isWhole =
      entry.version === VERSION &&
      typeof entry.body === 'string' &&
      Array.isArray(entry.looked.packages) &&
      Array.isArray(entry.looked.files);
    return isWhole ? entry : undefined;
  } catch {
    // None yet, cut off, garbage, or not to be read: the analysis runs.
    return undefined;
  }
}

function writeEntry(file: string, entry: Entry): void {
  try {
    const folder = path.dirname(file);
    mkdirSync(folder, { recursive: true });
    ignoreInGit(folder);
    const partial = `${file}.${process.pid}`;
    writeFileSync(partial, JSON.stringify(entry));
    renameSync(partial, file);
    prune(folder);
  } catch {
    // A read-only tree is checked without a cache.
  }
}

function prune(folder: string): void {
  const entries = readdirSync(folder)
    .filter((name) => /^result-.*\.json$/.test(name))
    .map((name) => path.join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const each of entries.slice(KEPT)) rmSync(each, { force: true });
}
