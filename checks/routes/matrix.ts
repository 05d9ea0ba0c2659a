/**
 * The matrix of operations and identities as the configuration declares it: which status each cell must be answered with.
 * Pure; the observing and the judging half of the routes stage read it alike.
 */
import type { RoutesConfig } from '../../harness/config.ts';
import { BUILT_IN_IDENTITIES } from '../../harness/config/routes.ts';
import type { Operation } from './openapi.ts';
import { matchesOperation, parsePattern } from './route-pattern.ts';

export interface DeclaredCell {
  status: number;
  /** The entry of `routes.matrix` that says so. */
  entry: string;
}

/** The columns: nobody, made-up tokens, and the identities that this service can have. */
export function columnsOf({ identities }: RoutesConfig): string[] {
  const configured = Object.entries(identities).filter(([, identity]) => !('unavailable' in identity));
  return [...BUILT_IN_IDENTITIES, ...configured.map(([name]) => name)];
}

/** Whether the configuration says anything about who may call what. */
export function hasMatrix({ matrix }: RoutesConfig): boolean {
  return Object.keys(matrix).length > 0;
}

/** What the most exact entry that speaks of this cell says; `undefined` where none does. */
export function declaredCell(
  { matrix }: RoutesConfig,
  operation: Operation,
  column: string,
  base: string,
): DeclaredCell | undefined {
  for (const entry of entriesFor(matrix, operation, base)) {
    const row = matrix[entry];
    const status = typeof row === 'object' && Object.hasOwn(row, column) ? row[column] : row;
    if (typeof status === 'number') return { status, entry };
  }
  return undefined;
}

/** Entries that match an operation, the most exact first. */
function entriesFor(matrix: RoutesConfig['matrix'], operation: Operation, base: string): string[] {
  return Object.keys(matrix)
    .filter((entry) => matchesEntry(entry, operation, base))
    .sort((one, other) => exactness(other) - exactness(one));
}

/** Whether an entry of the matrix speaks of this operation. */
export function matchesEntry(entry: string, operation: Operation, base: string): boolean {
  const pattern = parsePattern(entry);
  return pattern !== undefined && matchesOperation(pattern, operation, base);
}

/** An operation's own entry before every pattern, longer paths before shorter ones, a method before any method. */
function exactness(entry: string): number {
  const pattern = parsePattern(entry);
  if (pattern === undefined) return 0;
  const own = entry.includes('*') ? 0 : 1_000_000;
  return own + pattern.path.length * 2 + (pattern.method === '*' ? 0 : 1);
}

/** The identity that an operation is called with where the configuration names none: the first that is let through. */
export function callerOf(routes: RoutesConfig, operation: Operation, base: string): string | undefined {
  const configured = routes.calls[operation.name]?.as;
  if (configured !== undefined) return configured === 'none' ? undefined : configured;
  return Object.keys(routes.identities).find((name) => {
    const declared = declaredCell(routes, operation, name, base);
    return declared !== undefined && declared.status >= 200 && declared.status < 300;
  });
}
