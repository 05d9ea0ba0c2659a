/** The fixes by rule: a table, so that rules stay free of syntax. A rule that is not here has none that is safe. */
import exchangeClosed from './exchange-closed.ts';
import type { RuleFixes } from './fix.ts';
import resourceReleased from './resource-released.ts';
import shutdownCallGuarded from './shutdown-call-guarded.ts';
import shutdownErrorLogged from './shutdown-error-logged.ts';
import startAwaited from './start-awaited.ts';
import stopAwaited from './stop-awaited.ts';

export const FIXES = {
  'exchange-closed': exchangeClosed,
  'resource-released': resourceReleased,
  'shutdown-call-guarded': shutdownCallGuarded,
  'shutdown-error-logged': shutdownErrorLogged,
  'start-awaited': startAwaited,
  'stop-awaited': stopAwaited,
} as const satisfies Record<string, RuleFixes>;

export const fixesOf = (rule: string): RuleFixes => (FIXES as Record<string, RuleFixes>)[rule] ?? {};
