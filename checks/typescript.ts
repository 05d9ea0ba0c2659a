/**
 * TypeScript for those who seldom need it: loaded when it is first asked for, since loading alone takes a third of a second.
 * Used where a command must answer without it when nothing has changed.
 */
import { createRequire } from 'node:module';
import type { ts } from 'ts-morph';

let loaded: typeof ts | undefined;

export function typescript(): typeof ts {
  loaded ??= (createRequire(import.meta.url)('ts-morph') as { ts: typeof ts }).ts;
  return loaded;
}
