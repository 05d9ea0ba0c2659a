/** Reads YAML with the places of its keys. Called by the readers of compose files and manifests. Pure. */
import { isMap, isPair, LineCounter, parseAllDocuments } from 'yaml';
import type { Document, Pair } from 'yaml';
import type { Location } from '../../../harness/verdict.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface YamlDocument {
  value: Json;
  /** Where a key of the document stands; where its nearest parent stands when it is not there. */
  at(path: readonly (string | number)[]): Location;
}

/** The documents that parse; one that does not (a template, for one) is left out. */
export function readYaml(file: string, text: string): YamlDocument[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, merge: true, logLevel: 'silent' });
  if (!Array.isArray(documents)) return [];
  return documents
    .filter((each) => each.errors.length === 0)
    .map((each) => ({
      value: toJson(each),
      at: (path) => {
        const { line, col } = lines.linePos(offsetOf(each, path));
        return { file, line, column: col };
      },
    }));
}

function toJson(document: Document.Parsed): Json {
  try {
    return document.toJS({ maxAliasCount: 1000 }) as Json;
  } catch {
    return null; // aliases without end: nothing to say of it
  }
}

function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    const pair: Pair | undefined =
      isMap(parent) || length === 1
        ? (isMap(parent) ? parent : isMap(document.contents) ? document.contents : undefined)?.items.find(
            (each) =>
              isPair(each) && String((each.key as { value?: unknown }).value ?? each.key) === String(key),
          )
        : undefined;
    const range = (pair?.key as { range?: [number, number, number] } | undefined)?.range;
    if (range) return range[0];
    const node = document.getIn(path.slice(0, length), true) as
      { range?: [number, number, number] } | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}

export const mapOf = (value: Json | undefined): Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
export const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
export const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
