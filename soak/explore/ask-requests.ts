/** Sends a few requests at once, each on a connection of its own, and counts what is answered. Called by the step `requests`. */
import { request } from 'undici';
import type { RequestTemplate } from '../../harness/config.ts';
import { errorText } from '../../harness/errors.ts';
import { originOf } from '../../harness/supervisors/readiness.ts';

const ANSWER_WITHIN_MS = 5_000;

export async function askEach(
  { host, port }: { host: string; port?: number },
  templates: readonly RequestTemplate[],
  count: number,
): Promise<{ sent: number; answered: number; reason?: string }> {
  if (port === undefined || templates.length === 0)
    throw new Error('requests were planned for a service that cannot be asked');
  const origin = originOf(host, port);
  const chosen = Array.from(
    { length: count },
    (_, index) => templates[index % templates.length] as RequestTemplate,
  );
  const problems = await Promise.all(chosen.map((template) => askOnce(origin, template)));
  const [reason] = problems.filter((problem) => problem !== undefined);
  const answered = problems.filter((problem) => problem === undefined).length;
  return { sent: count, answered, ...(reason === undefined ? {} : { reason }) };
}

/** @returns what was wrong; undefined: it was answered as it should be. */
async function askOnce(
  origin: string,
  { method, path, headers, body, expect }: RequestTemplate,
): Promise<string | undefined> {
  try {
    const answer = await request(origin + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // Closed after the answer: an idle connection is not part of what a schedule is about.
      reset: true,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    await answer.body.dump();
    return expect.includes(answer.statusCode) ? undefined : `${method} ${path} answered ${answer.statusCode}`;
  } catch (error) {
    return `${method} ${path}: ${errorText(error)}`;
  }
}
