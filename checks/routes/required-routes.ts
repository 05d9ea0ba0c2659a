/**
 * The check `required-route`: each route that the configuration demands is in the document.
 * Pure; used by `judge-routes.ts`.
 */
import { some } from './document.ts';
import type { Finding } from './document.ts';
import { basePath, listOperations } from './openapi.ts';
import type { OpenApiDocument, Operation } from './openapi.ts';
import { matchesMethod, matchesPathOf, parsePattern } from './route-pattern.ts';

/** One finding per entry of `required`; without entries one that says so. */
export function judgeRequiredRoutes(document: OpenApiDocument, required: readonly string[]): Finding[] {
  if (required.length === 0) return [noRequiredRoutes()];
  const operations = listOperations(document);
  const base = basePath(document);
  return [...new Set(required)].map((entry) => judgeEntry(entry, operations, base));
}

/** What is said when nothing is required. */
export function noRequiredRoutes(): Finding {
  return {
    subject: 'routes.required',
    outcome: 'skip',
    message: 'routes.required is empty: no route is demanded',
  };
}

function judgeEntry(entry: string, operations: Operation[], base: string): Finding {
  const pattern = parsePattern(entry);
  if (pattern === undefined) {
    const message = `routes.required: ${JSON.stringify(entry)} is not METHOD /path`;
    return {
      subject: entry,
      outcome: 'unknown',
      message,
      fix: 'write it as `GET /api/health/ping` or `* /api/admin/*`',
    };
  }
  const onPath = operations.filter((operation) => matchesPathOf(pattern, operation, base));
  const found = onPath.filter((operation) => matchesMethod(pattern, operation));
  if (found.length > 0) {
    const names = found.map(({ name }) => name);
    return { subject: entry, outcome: 'pass', message: `${entry} is in the document: ${some(names, 6)}` };
  }
  const near =
    onPath.length > 0
      ? `the path has only ${some(
          onPath.map(({ method }) => method.toUpperCase()),
          8,
        )}`
      : `none of its ${operations.length} operations is on that path`;
  const fix = 'register the route with its schema before the document is built, or correct routes.required';
  return { subject: entry, outcome: 'fail', message: `${entry} is not in the document: ${near}`, fix };
}
