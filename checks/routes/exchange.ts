/**
 * One HTTP request to the service, bounded in time and size, and what came of it as a fact.
 * Used by the routes stage for the document and for every call. Never throws for what the service does.
 */
import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { errorText } from '../../harness/errors.ts';
import { isJsonType, mediaTypeOf } from './openapi.ts';
import type { Answer, Exchange, SentRequest } from './route-observations.ts';

export interface ExchangeBounds {
  /** Longest time for the whole exchange. */
  withinMs: number;
  /** Most bytes of a body that are read. */
  bodyBytesMax: number;
  /** How long an event stream may take to its first event. */
  streamWithinMs: number;
}

/** Bounds of a call to an operation. */
export const CALL_BOUNDS: ExchangeBounds = {
  withinMs: 5_000,
  bodyBytesMax: 1_048_576,
  streamWithinMs: 3_000,
};
/** Bounds of fetching the document. */
export const DOCUMENT_BOUNDS: ExchangeBounds = {
  withinMs: 5_000,
  bodyBytesMax: 16_777_216,
  streamWithinMs: 3_000,
};

/**
 * Sends a request on a connection of its own and reads the answer. Redirects are answers: they are not followed.
 * `signal` ends the exchange early.
 */
export async function exchange(
  sent: SentRequest,
  bounds: ExchangeBounds,
  signal: AbortSignal,
): Promise<Exchange> {
  const startedAt = performance.now();
  const since = () => Math.round((performance.now() - startedAt) * 10) / 10;
  const bound = new AbortController();
  const timer = setTimeout(
    () => bound.abort(new Error(`no answer within ${bounds.withinMs} ms`)),
    bounds.withinMs,
  );
  // A connection of its own: what a call does to its socket cannot touch the next one, and none is idle at the stop.
  const agent = new Agent({ pipelining: 0, headersTimeout: 0, bodyTimeout: 0 });
  const seen: Pick<Exchange, 'answer' | 'headersAfterMs'> = {};
  try {
    const response = await request(sent.url, {
      method: sent.method as Dispatcher.HttpMethod,
      headers: sent.headers,
      ...(sent.body === undefined ? {} : { body: sent.body }),
      signal: AbortSignal.any([bound.signal, signal]),
      dispatcher: agent,
    });
    seen.headersAfterMs = since();
    const headers = joinHeaders(response.headers);
    seen.answer = { status: response.statusCode, headers, body: '', bodyBytes: 0, cut: false, binary: false };
    await readBody(response.body, seen.answer, bounds);
    return { request: sent, ...seen, totalMs: since() };
  } catch (error) {
    if (seen.answer !== undefined) seen.answer.cut = true;
    if (signal.aborted)
      return { request: sent, ...seen, error: 'interrupted', interrupted: true, totalMs: since() };
    const reason: unknown = bound.signal.aborted ? bound.signal.reason : error;
    const notSent = codeOf(reason) === 'UND_ERR_INVALID_ARG' ? { notSent: true } : {};
    return { request: sent, ...seen, ...notSent, error: describe(reason, seen.answer), totalMs: since() };
  } finally {
    clearTimeout(timer);
    await agent.destroy();
  }
}

async function readBody(
  body: AsyncIterable<Buffer> & { destroy(): unknown },
  answer: Answer,
  bounds: ExchangeBounds,
): Promise<void> {
  const mediaType = mediaTypeOf(answer.headers['content-type'] ?? '');
  const stream = mediaType === 'text/event-stream';
  const chunks: Buffer[] = [];
  let streamOver = false;
  const streamTimer = setTimeout(() => {
    if (!stream) return;
    streamOver = true;
    body.destroy();
  }, bounds.streamWithinMs);
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      answer.bodyBytes += chunk.length;
      const enough = stream ? chunk.includes('\n') : answer.bodyBytes > bounds.bodyBytesMax;
      if (!enough) continue;
      answer.cut = true;
      break;
    }
  } catch (error) {
    if (!streamOver) throw error;
    answer.cut = true;
  } finally {
    clearTimeout(streamTimer);
    answer.binary = !isText(mediaType, chunks);
    if (!answer.binary) answer.body = Buffer.concat(chunks).subarray(0, bounds.bodyBytesMax).toString('utf8');
  }
}

function isText(mediaType: string, chunks: Buffer[]): boolean {
  if (mediaType.startsWith('text/') || isJsonType(mediaType) || /[/+]xml$|form-urlencoded$/.test(mediaType))
    return true;
  return (
    !chunks.some((chunk) => chunk.includes(0)) &&
    !/^(image|audio|video|font)\/|octet-stream|zip|pdf/.test(mediaType)
  );
}

function joinHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}

function codeOf(reason: unknown): string | undefined {
  return reason instanceof Error && 'code' in reason ? String(reason.code) : undefined;
}

function describe(reason: unknown, answer: Answer | undefined): string {
  const code = codeOf(reason);
  const text = code === undefined ? errorText(reason) : `${code}: ${errorText(reason)}`;
  return answer === undefined ? text : `the body did not end: ${text}`;
}
