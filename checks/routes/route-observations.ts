/**
 * What the routes stage saw, one JSON object a line in `calls.ndjson`, in the order in which it happened.
 * Written by `routes-stage.ts`, read back by `judge-routes.ts`: also long after, from an old run.
 */
import type { Captures } from './templates.ts';

/** File of the stage that holds the observations. */
export const CALLS_FILE = 'calls.ndjson';
/** File of the stage that holds the document as it was served. */
export const DOCUMENT_FILE = 'openapi.json';
/** File of the stage that holds the service's output. */
export const LOG_FILE = 'service.log';

export interface SentRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** As text; empty when the body is not text. */
  body: string;
  bodyBytes: number;
  /** The body was longer than what is read, or is a stream that was left after its first bytes. */
  cut: boolean;
  /** The body is not text and was counted only. */
  binary: boolean;
}

/** How an exchange with the service went. Times in milliseconds from sending. */
export interface Exchange {
  request: SentRequest;
  answer?: Answer;
  /** Why there is no answer, or no whole one. */
  error?: string;
  /** The harness ended the exchange because the run was ended. */
  interrupted?: boolean;
  /** The request could not be sent at all: what it was to carry is no valid HTTP. */
  notSent?: boolean;
  headersAfterMs?: number;
  totalMs: number;
}

/** The check that says why something could not be called. */
export type CellCause = 'identity-works' | 'setup-made';

/** Facts of the stage. */
export type RouteFact =
  | { kind: 'service-started'; pid: number; baseUrl: string; afterMs: number; readyBy: string }
  /** `inconclusive`: not the service's fault (an interruption, nothing to call). */
  | { kind: 'service-failed'; reason: string; lastLines: string[]; afterMs: number; inconclusive?: boolean }
  | ({ kind: 'document-fetched' } & Exchange)
  | { kind: 'calls-planned'; operations: number }
  /** An operation that could not be called, and what would help. */
  | { kind: 'not-called'; operation: string; reason: string; fix: string; because?: CellCause }
  /** `values`: where what was sent comes from, in words. `as`: the identity that sent it. */
  | ({ kind: 'called'; operation: string; values: string; as?: string } & Exchange)
  /** A login. */
  | ({ kind: 'identity-asked'; identity: string } & Exchange)
  /** What became of an identity. `sameTokenAs`: another identity has the very same token. */
  | {
      kind: 'identity';
      identity: string;
      obtained: boolean;
      /** How it was obtained, or why it was not. */
      how: string;
      sameTokenAs?: string;
      /** Its login was answered, and not as expected. */
      refused?: boolean;
      interrupted?: boolean;
      because?: CellCause;
    }
  /** The twin of an expired token, which is valid but for that, on an operation that lets its owner through. */
  | ({ kind: 'twin-called'; identity: string; operation: string } & Exchange)
  /** Why the twin was not called. */
  | { kind: 'twin-not-called'; identity: string; reason: string; fix: string }
  /** A thing that was made, and what was captured of it. `problem`: why it does not count as made. */
  | ({
      kind: 'setup-called';
      setup: string;
      as: string;
      captured: Captures;
      /** The word that `{random}` stood for: wherever it turns up, this thing is shown. */
      mark?: string;
      problem?: string;
      /** It was answered, and not as expected. */
      refused?: boolean;
    } & Exchange)
  | { kind: 'setup-not-called'; setup: string; reason: string; because?: CellCause }
  | { kind: 'cells-planned'; cells: number }
  /** `variant`: which of several tokens; `variants`: how many the cell has. `owner`: whose things the request names. */
  | ({
      kind: 'cell-called';
      operation: string;
      as: string;
      values: string;
      variant?: string;
      variants: number;
      owner?: string;
    } & Exchange)
  /** The same request, right after it, by the owner of what it names. */
  | ({ kind: 'cell-control'; operation: string; as: string; owner: string } & Exchange)
  | {
      kind: 'cell-not-called';
      operation: string;
      as: string;
      reason: string;
      fix: string;
      because?: CellCause;
    }
  | { kind: 'cells-finished'; cells: number }
  | { kind: 'calls-finished'; called: number; notCalled: number }
  | { kind: 'service-stopped'; signal: string; how: string; afterMs: number };

/** A fact with when it was seen, ISO 8601. */
export type RouteObservation = RouteFact & { at: string };

export type RouteFactKind = RouteFact['kind'];
export type RouteObservationOf<K extends RouteFactKind> = Extract<RouteObservation, { kind: K }>;

export interface RouteRecord {
  observations: RouteObservation[];
  /** What is wrong with the record, in words: a damaged line, a cut end. */
  damage: string[];
}

const KINDS = {
  'service-started': true,
  'service-failed': true,
  'document-fetched': true,
  'calls-planned': true,
  'not-called': true,
  called: true,
  'identity-asked': true,
  identity: true,
  'twin-called': true,
  'twin-not-called': true,
  'setup-called': true,
  'setup-not-called': true,
  'cells-planned': true,
  'cell-called': true,
  'cell-control': true,
  'cell-not-called': true,
  'cells-finished': true,
  'calls-finished': true,
  'service-stopped': true,
} as const satisfies Record<RouteFactKind, true>;

/** Reads the record back. A line that cannot be read is damage, not an error. */
export function readRecord(text: string): RouteRecord {
  const record: RouteRecord = { observations: [], damage: [] };
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const observation = parseLine(line);
    if (observation === undefined)
      record.damage.push(`line ${index + 1} is no observation: ${line.slice(0, 60)}`);
    else record.observations.push(observation);
  }
  return record;
}

function parseLine(line: string): RouteObservation | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isObservation(value) ? value : undefined;
}

function isObservation(value: unknown): value is RouteObservation {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('at' in value)) return false;
  return typeof value.kind === 'string' && Object.hasOwn(KINDS, value.kind) && typeof value.at === 'string';
}

/** All observations of one kind, in order. */
export function observationsOf<K extends RouteFactKind>(
  record: RouteRecord,
  kind: K,
): RouteObservationOf<K>[] {
  return record.observations.filter(
    (observation): observation is RouteObservationOf<K> => observation.kind === kind,
  );
}
