/**
 * Which of an operation's declared responses and media types an answer falls under.
 * Pure; used by the semantic checks and by `conformance.ts`.
 */
import { escapeSegment, follow, isObject, mediaTypeOf } from './openapi.ts';
import type { JsonObject, OpenApiDocument, Operation } from './openapi.ts';

export interface DeclaredResponse {
  /** As the document writes it: `200`, `2XX`, `default`. */
  key: string;
  definition: JsonObject;
  /** Pointer at which the response really stands. */
  pointer: string;
}

export interface DeclaredContent {
  /** As the document writes it: `application/json`, `text/*`. */
  mediaType: string;
  /** Pointer of the media type object. */
  pointer: string;
}

export function declaredResponses(document: OpenApiDocument, operation: Operation): DeclaredResponse[] {
  const responses = operation.definition['responses'];
  if (!isObject(responses)) return [];
  return Object.keys(responses).flatMap((key) => {
    if (key.startsWith('x-')) return [];
    const placed = follow(document, `${operation.pointer}/responses/${escapeSegment(key)}`);
    if (placed === undefined || !isObject(placed.value)) return [];
    return [{ key, definition: placed.value, pointer: placed.pointer }];
  });
}

/** The response for a status: exact, else its class (`2XX`), else `default`. */
export function responseFor(responses: DeclaredResponse[], status: number): DeclaredResponse | undefined {
  const wanted = [String(status), `${Math.floor(status / 100)}XX`, 'DEFAULT'];
  for (const key of wanted) {
    const found = responses.find((response) => response.key.toUpperCase() === key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The media types of a response with the pointers of their objects. */
export function declaredContents(response: DeclaredResponse): DeclaredContent[] {
  const content = response.definition['content'];
  if (!isObject(content)) return [];
  return Object.keys(content).map((mediaType) => ({
    mediaType,
    pointer: `${response.pointer}/content/${escapeSegment(mediaType)}`,
  }));
}

/** The declared media type that covers one that was sent: exact, else `type/*`, else any. */
export function contentFor(contents: DeclaredContent[], sent: string): DeclaredContent | undefined {
  const wanted = [sent, `${sent.split('/', 1)[0] ?? ''}/*`, '*/*'];
  for (const mediaType of wanted) {
    const found = contents.find((content) => mediaTypeOf(content.mediaType) === mediaType);
    if (found !== undefined) return found;
  }
  return undefined;
}
