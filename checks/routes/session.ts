/**
 * What the observing half of the routes stage works with: the service, the document, and what was obtained and made
 * for the calls. Made by `observe-routes.ts`.
 */
import type { RoutesConfig } from '../../harness/config.ts';
import type { Progress, StageFiles } from '../../harness/stage.ts';
import { CALL_BOUNDS, exchange } from './exchange.ts';
import { basePath, follow, isObject } from './openapi.ts';
import type { OpenApiDocument } from './openapi.ts';
import type { Exchange, RouteFact, SentRequest } from './route-observations.ts';
import type { SchemaValidator } from './schema-validator.ts';
import type { Captured } from './templates.ts';
import { fillTemplates, fillText, fillTexts, randomWord } from './templates.ts';

/** Writes facts to the run as they happen and keeps them as they were, before secrets are masked. */
export interface Recorder {
  record(fact: RouteFact): void;
  /** All facts so far, one JSON object a line. */
  text(): string;
}

export interface RoutesTarget {
  /** `http://127.0.0.1:20000` */
  baseUrl: string;
  /** How the service ended, if it has or does within this time: nothing is called after that. */
  ended(withinMs: number): Promise<string | undefined>;
}

/** The value of a variable of the service's environment, or why it is not known. */
export type ServiceVariable = { known: true; value: string } | { known: false; reason: string };

export interface RoutesSession {
  routes: RoutesConfig;
  target: RoutesTarget;
  recorder: Recorder;
  files: Pick<StageFiles, 'write'>;
  progress: Progress;
  signal: AbortSignal;
  /** Masks a value from now on in everything that is written. */
  conceal(value: string): void;
  /** A variable of the service's environment: the key that signs its tokens. */
  variable(name: string): ServiceVariable;
}

/** One way of being an identity: the headers that are sent. */
export interface Credential {
  /** Which of several it is, in words: `a wrong signature`. */
  variant?: string;
  headers: Readonly<Record<string, string>>;
  token?: string;
}

export type Obtained = { obtained: true; credentials: Credential[] } | { obtained: false; reason: string };

/** A thing that was made, or why it was not. */
export type Made = { made: true } | { made: false; reason: string };

/** A session with its document, and what was obtained and made so far. */
export interface Bench extends RoutesSession {
  document: OpenApiDocument;
  /** Validates what is generated, in the direction of requests. */
  validator: SchemaValidator;
  identities: Map<string, Obtained>;
  setups: Map<string, Made>;
  captures: Record<string, Captured>;
  /** Who made what was captured. */
  owners: Record<string, string>;
  /** How many calls in a row were not answered. */
  silence: { unanswered: number };
}

export interface ConfiguredCall {
  /** `POST /api/bots` */
  call: string;
  headers?: Record<string, string> | undefined;
  body?: unknown;
  /** What `{random}` stands for. */
  random?: string;
}

/** Makes a call that the configuration spells out; what was captured is filled in. */
export async function sendConfigured(
  bench: Bench,
  configured: ConfiguredCall,
  credential?: Credential,
): Promise<Exchange> {
  const { captures, document, target, signal } = bench;
  const { random = randomWord() } = configured;
  const [method = 'GET', path = '/'] = configured.call.split(' ');
  const base = basePath(document);
  const prefix = base !== '' && path.startsWith(`${base}/`) ? '' : base;
  const headers: Record<string, string> = {
    accept: '*/*',
    ...fillTexts(configured.headers ?? {}, captures, random),
    ...credential?.headers,
  };
  const request: SentRequest = {
    method,
    url: `${target.baseUrl}${prefix}${path.replace(/\{\w+\}/g, (name) => encodeURIComponent(fillText(name, captures, random)))}`,
    headers,
  };
  if (configured.body !== undefined) {
    headers['content-type'] ??= 'application/json';
    request.body = JSON.stringify(fillTemplates(configured.body, captures, random));
  }
  return await exchange(request, CALL_BOUNDS, signal);
}

/** The value at a JSON pointer into the body of an answer. */
export function valueInAnswer({ answer }: Exchange, pointer: string): unknown {
  let body: unknown;
  try {
    body = JSON.parse(answer?.body ?? '');
  } catch {
    // The caller says that nothing is there.
    return undefined;
  }
  return follow({ body }, `/body${pointer}`)?.value;
}

/** What an answer has where a value was looked for, in words. */
export function describeAnswer({ answer, error }: Exchange): string {
  if (answer === undefined) return `no answer: ${error ?? 'no reason was recorded'}`;
  let body: unknown;
  try {
    body = JSON.parse(answer.body);
  } catch {
    return `answered ${answer.status} without JSON`;
  }
  const keys = isObject(body) ? Object.keys(body).slice(0, 6).join(', ') : typeof body;
  return `answered ${answer.status} with ${keys || 'an empty object'}`;
}
