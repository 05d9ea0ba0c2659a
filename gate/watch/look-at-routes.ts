/**
 * Looks at the required routes of a running service: they are in its document, and those that only read and need no
 * parameter answer. Nothing that changes anything is called. A job of the watch.
 */
import { fetchDocument, readDocument } from '../../checks/routes/document.ts';
import { CALL_BOUNDS, exchange } from '../../checks/routes/exchange.ts';
import { basePath, listOperations, templateNames, type Operation } from '../../checks/routes/openapi.ts';
import { judgeRequiredRoutes } from '../../checks/routes/required-routes.ts';
import { matchesMethod, matchesPathOf, parsePattern } from '../../checks/routes/route-pattern.ts';
import type { Look } from './ledger.ts';
import type { LookContext } from './looks.ts';

const DOCUMENT = '/openapi.json';

export async function lookAtRoutes(context: LookContext): Promise<Look[]> {
  const { config, url = '', signal, pause } = context;
  const { routes } = config;
  if (routes === undefined || routes === false) return [];
  const path = routes.document ?? DOCUMENT;
  const fetched = await fetchDocument(url, path, signal);
  const read = readDocument(fetched, fetched.answer?.body ?? '');
  if (!read.read) {
    const outcome = signal.aborted ? 'unknown' : pause === undefined ? 'fail' : 'skip';
    return [{ check: 'required-route', subject: path, outcome, message: read.message, fix: read.fix }];
  }
  const listed = judgeRequiredRoutes(read.document, routes.required).map((finding) => ({
    check: 'required-route',
    ...finding,
  }));
  const base = basePath(read.document);
  const operations = listOperations(read.document).filter((operation) =>
    routes.required.some((entry) => isRequired(entry, operation, base)),
  );
  const readable = operations.filter(
    ({ method, path: route }) => method === 'get' && templateNames(route).length === 0,
  );
  const answers: Look[] = [];
  for (const operation of readable) answers.push(await call(context, base, operation));
  const found: Look = {
    check: 'required-route',
    subject: path,
    outcome: 'pass',
    message: `the document is there, with ${operations.length} required operations`,
  };
  return [found, ...listed, ...answers];
}

function isRequired(entry: string, operation: Operation, base: string): boolean {
  const pattern = parsePattern(entry);
  return (
    pattern !== undefined && matchesPathOf(pattern, operation, base) && matchesMethod(pattern, operation)
  );
}

/** That a route wants to know who asks (401, 403, 400) is an answer; that it is missing or broken is not. */
async function call(
  { url = '', signal, pause }: LookContext,
  base: string,
  { path }: Operation,
): Promise<Look> {
  const target = `${url}${base}${path}`;
  const { answer, error } = await exchange({ method: 'GET', url: target, headers: {} }, CALL_BOUNDS, signal);
  const subject = `GET ${base}${path}`;
  const look = (outcome: Look['outcome'], message: string): Look => ({
    check: 'route-answers',
    subject,
    outcome,
    message,
  });
  if (signal.aborted) return look('unknown', 'the watch ended while it asked');
  if (
    error === undefined &&
    answer !== undefined &&
    answer.status < 500 &&
    answer.status !== 404 &&
    answer.status !== 405
  )
    return look('pass', `answered ${answer.status}`);
  const message = error ?? `answered ${answer?.status}`;
  return pause === undefined ? look('fail', message) : look('skip', `paused (${pause}): ${message}`);
}
