/**
 * The file of a kept answer of `shakedown check`, beside what the analysis keeps. One that is not whole is none; one that
 * cannot be written is left out.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LookedAt } from '../checks/source/result-cache/inputs.ts';
import { ignoreInGit, type RunHeader, writeAtomically } from '../harness/run-store.ts';
import { type Asked, type Call, nameOfCall } from './kept-check-call.ts';

/** Raised whenever the shape of an entry changes. */
const VERSION = 1;
/** So many answers are kept: those of other options, folders, terminals. */
const KEPT = 8;

/** 1: standard output, 2: standard error; in the order in which it was written. */
export type Said = [stream: 1 | 2, text: string][];

export interface KeptCheck {
  version: typeof VERSION;
  /** Hashes; see `kept-check-inputs.ts`. */
  tool: string;
  project: string;
  surroundings: string;
  looked: LookedAt;
  /** The commit that the reports name. */
  git: RunHeader['git'] | null;
  run: { folder: string; runId: string; startedAt: string; seal: string };
  exitCode: number;
  said: Said;
}

export function entryFile(call: Call, asked: Asked): string {
  return join(asked.root, '.shakedown', 'cache', `check-${nameOfCall(call, asked)}.json`);
}

/** An entry is its own hash, and then JSON: half of one is none. */
export function readEntry(file: string): KeptCheck | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined; // none yet, or not to be read: the check runs
  }
  const body = text.slice(text.indexOf('\n') + 1);
  if (text !== `${hashOf(body)}\n${body}`) return undefined;
  const entry = JSON.parse(body) as KeptCheck;
  return entry.version === VERSION ? entry : undefined;
}

export function writeEntry(file: string, entry: Omit<KeptCheck, 'version'>): void {
  const body = JSON.stringify({ version: VERSION, ...entry } satisfies KeptCheck);
  try {
    const folder = dirname(file);
    mkdirSync(folder, { recursive: true });
    ignoreInGit(folder);
    writeAtomically(file, `${hashOf(body)}\n${body}`);
    prune(folder);
  } catch {
    // A read-only tree is checked each time.
  }
}

function prune(folder: string): void {
  const entries = readdirSync(folder)
    .filter((name) => /^check-\w+\.json$/.test(name))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const each of entries.slice(KEPT)) rmSync(each, { force: true });
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
