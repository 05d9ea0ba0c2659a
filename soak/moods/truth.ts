/** Listens to what the service says about a subject, until it says what is waited for. Used by companion-moods. */
import { ask } from '../../harness/companions/ask.ts';
import type { TruthConfig } from '../../harness/config/moods.ts';
import { readPointer } from '../../harness/json-pointer.ts';
import type { Hearing } from '../../harness/observation.ts';

/** One answer to the question what the service sees. */
export type Word = { word: string } | { status?: number; reason: string };

/** Asks once. `truth` has its placeholders filled in. */
export async function askTruth(origin: string, truth: TruthConfig, signal: AbortSignal): Promise<Word> {
  const { path, headers } = truth;
  const answer = await ask({ origin, path, headers, signal });
  if (answer.kind === 'silent') return { reason: answer.reason };
  if (answer.kind === 'refused') return { status: answer.status, reason: answer.reason };
  const word = readWord(answer.value, truth);
  if (typeof word === 'string') return { word };
  const seen = JSON.stringify(word)?.slice(0, 100) ?? 'nothing';
  const reason = `GET ${path}: expected a word at ${placeOf(truth)}, got ${seen}`;
  return { status: answer.status, reason };
}

function readWord(value: unknown, { pointer, where, field }: TruthConfig): unknown {
  const found = readPointer(value, pointer);
  if (where === undefined || field === undefined) return found;
  if (!Array.isArray(found)) return undefined;
  const element = found.find((item: unknown) =>
    Object.entries(where).every(([key, wanted]) => String(readPointer(item, `/${key}`)) === wanted),
  ) as unknown;
  return readPointer(element, `/${field}`);
}

function placeOf({ pointer, where, field }: TruthConfig): string {
  return where === undefined ? pointer : `${pointer} where ${JSON.stringify(where)}, ${field}`;
}

/** Collects what was heard, change by change. */
export function createHearing(): { hearing: Hearing; take(heard: Word, afterMs: number): void } {
  const hearing: Hearing = { asked: 0, forMs: 0, words: [] };
  return {
    hearing,
    take(heard, afterMs) {
      hearing.asked += 1;
      hearing.forMs = afterMs;
      if (!('word' in heard)) hearing.wordless = { afterMs, ...heard };
      else if (hearing.words.at(-1)?.word !== heard.word && hearing.words.length < MAX_WORDS)
        hearing.words.push({ word: heard.word, afterMs });
    },
  };
}

/** A service that flickers faster than this is told by its first changes. */
const MAX_WORDS = 50;
