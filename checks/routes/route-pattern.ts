/**
 * Patterns of operations: `GET /api/users/{id}`, `* /api/admin/*`.
 * Pure; used by the required routes and by the matrix.
 */
import { METHODS } from './openapi.ts';
import type { Operation } from './openapi.ts';

export interface RoutePattern {
  /** In capitals, or `*`. */
  method: string;
  path: string;
}

/** `undefined` for what is not METHOD /path. */
export function parsePattern(entry: string): RoutePattern | undefined {
  const match = /^(\S+)\s+(\/\S*)$/.exec(entry.trim());
  const method = match?.[1]?.toUpperCase();
  const path = match?.[2];
  if (method === undefined || path === undefined) return undefined;
  const known = method === '*' || METHODS.some((name) => name.toUpperCase() === method);
  return known ? { method, path } : undefined;
}

/** `base` is the path of the document's first server: a pattern may be written with or without it. */
export function matchesOperation(pattern: RoutePattern, operation: Operation, base: string): boolean {
  return matchesMethod(pattern, operation) && matchesPathOf(pattern, operation, base);
}

export function matchesMethod({ method }: RoutePattern, operation: Operation): boolean {
  return method === '*' || method.toLowerCase() === operation.method;
}

export function matchesPathOf(pattern: RoutePattern, { path }: Operation, base: string): boolean {
  return matchesPath(pattern.path, path) || (base !== '' && matchesPath(pattern.path, base + path));
}

/** `*` stands for one segment, at the end for one or more; names in braces do not matter. */
function matchesPath(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const actual = path.split('/');
  const open = wanted.at(-1) === '*';
  if (open ? actual.length < wanted.length : actual.length !== wanted.length) return false;
  return wanted.every((segment, index) => {
    const other = actual[index] ?? '';
    if (segment === '*') return other !== '';
    return segment === other || (isTemplate(segment) && isTemplate(other));
  });
}

function isTemplate(segment: string): boolean {
  return /^\{[^{}]*\}$/.test(segment);
}
