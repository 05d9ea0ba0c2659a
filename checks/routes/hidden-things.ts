/**
 * Which of the things that setups made must not be seen by an identity: those whose operations are declared 404 for it.
 * Pure; used by `judge-matrix.ts`.
 */
import type { RoutesConfig } from '../../harness/config.ts';
import { declaredCell } from './matrix.ts';
import { basePath, listOperations } from './openapi.ts';
import type { OpenApiDocument } from './openapi.ts';
import { observationsOf } from './route-observations.ts';
import type { RouteRecord } from './route-observations.ts';
import { namesIn } from './templates.ts';

export interface HiddenThing {
  setup: string;
  owner: string;
  /** The word that is in this thing and in no other. */
  mark: string;
  /** The entry of `routes.matrix` that hides it. */
  entry: string;
}

export function thingsHiddenFrom(
  record: RouteRecord,
  document: OpenApiDocument,
  routes: RoutesConfig,
  column: string,
): HiddenThing[] {
  const base = basePath(document);
  const hidingEntries = new Map<string, string>();
  for (const operation of listOperations(document)) {
    const declared = declaredCell(routes, operation, column, base);
    if (declared?.status !== 404) continue;
    for (const name of namesIn(routes.calls[operation.name]?.params)) {
      if (!hidingEntries.has(name)) hidingEntries.set(name, declared.entry);
    }
  }
  return observationsOf(record, 'setup-called').flatMap(({ setup, as, mark }) => {
    const captures = Object.keys(routes.setup[setup]?.capture ?? {});
    const entry = captures.map((name) => hidingEntries.get(name)).find((known) => known !== undefined);
    return mark === undefined || entry === undefined || as === column
      ? []
      : [{ setup, owner: as, mark, entry }];
  });
}
