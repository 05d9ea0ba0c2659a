/**
 * One bounded HTTP exchange in JSON: with a companion's control port, or with the service about what it sees.
 * Used by `companion.ts` and by the scenario companion-moods. Never throws: what went wrong is part of the answer.
 */
import { request } from 'undici';
import { errorText } from '../errors.ts';

/** Answers come from loopback: whoever takes longer does not answer. */
const ANSWER_TIMEOUT_MS = 2_000;

export interface Question {
  /** `http://127.0.0.1:21000` */
  origin: string;
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  headers?: Record<string, string>;
  /** Sent as JSON; nothing is sent when it is left out. */
  body?: unknown;
  signal?: AbortSignal;
}

/** A status of 200 to 299 with JSON (or with nothing); another status; or no answer at all. */
export type Answer =
  | { kind: 'answered'; status: number; value: unknown }
  | { kind: 'refused'; status: number; reason: string }
  | { kind: 'silent'; reason: string };

export async function ask(question: Question): Promise<Answer> {
  const { origin, method = 'GET', path, body } = question;
  const what = `${method} ${path}`;
  const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  try {
    const answer = await request(`${origin}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...question.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // An idle connection that is kept would be one more thing to close at the service's end.
      reset: true,
      signal: question.signal === undefined ? timeout : AbortSignal.any([timeout, question.signal]),
    });
    const text = await answer.body.text();
    const status = answer.statusCode;
    if (status < 200 || status > 299)
      return { kind: 'refused', status, reason: `${what} answered ${status}: ${text.slice(0, 200)}` };
    return readJson(what, status, text);
  } catch (error) {
    const late = timeout.aborted ? `no answer within ${ANSWER_TIMEOUT_MS} ms` : errorText(error);
    return { kind: 'silent', reason: `${what}: ${late}` };
  }
}

function readJson(what: string, status: number, text: string): Answer {
  if (text.trim() === '') return { kind: 'answered', status, value: undefined };
  try {
    return { kind: 'answered', status, value: JSON.parse(text) as unknown };
  } catch {
    return { kind: 'refused', status, reason: `${what} answered no JSON: ${text.slice(0, 200)}` };
  }
}
