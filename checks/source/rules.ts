/** The rules, by file. The conformance test demands that this list and the folder agree. */
import type { AnyRule } from './rule.ts';
import resourceReleased from './rules/resource-released.ts';
import shutdownCallGuarded from './rules/shutdown-call-guarded.ts';
import signalHandled from './rules/signal-handled.ts';
import startAwaited from './rules/start-awaited.ts';
import stopAwaited from './rules/stop-awaited.ts';

export const RULES: readonly AnyRule[] = [
  startAwaited,
  shutdownCallGuarded,
  stopAwaited,
  resourceReleased,
  signalHandled,
];
