/** The judges of the soak, in the order in which they report. */
import becameReady from './judges/became-ready.ts';
import childrenStable from './judges/children-stable.ts';
import descriptorsStable from './judges/descriptors-stable.ts';
import exitCode from './judges/exit-code.ts';
import exitedInTime from './judges/exited-in-time.ts';
import type { Judge } from './judges/judge.ts';
import logClean from './judges/log-clean.ts';
import noSurvivors from './judges/no-survivors.ts';
import portFreed from './judges/port-freed.ts';
import requestsKept from './judges/requests-kept.ts';
import scenarioComplete from './judges/scenario-complete.ts';

export const JUDGES: readonly Judge[] = [
  becameReady,
  exitedInTime,
  exitCode,
  portFreed,
  requestsKept,
  logClean,
  descriptorsStable,
  childrenStable,
  noSurvivors,
  scenarioComplete,
];
