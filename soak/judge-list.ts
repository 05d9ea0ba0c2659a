/** The judges of the restart loop, in the order in which they report. */
import type { SoakConfig } from '../harness/config.ts';
import becameReady from './judges/became-ready.ts';
import childrenStable from './judges/children-stable.ts';
import descriptorsStable from './judges/descriptors-stable.ts';
import exitCode from './judges/exit-code.ts';
import exitedInTime from './judges/exited-in-time.ts';
import type { Judge } from './judges/judge.ts';
import logClean from './judges/log-clean.ts';
import loopResponsive from './judges/loop-responsive.ts';
import noSurvivors from './judges/no-survivors.ts';
import noWarnings from './judges/no-warnings.ts';
import nothingLeftOpen from './judges/nothing-left-open.ts';
import portFreed from './judges/port-freed.ts';
import requestsKept from './judges/requests-kept.ts';
import scenarioComplete from './judges/scenario-complete.ts';
import streamsEnded from './judges/streams-ended.ts';
import unreadyWhenDraining from './judges/unready-when-draining.ts';

export const JUDGES: readonly Judge[] = [
  becameReady,
  exitedInTime,
  exitCode,
  portFreed,
  requestsKept,
  streamsEnded,
  unreadyWhenDraining,
  logClean,
  descriptorsStable,
  childrenStable,
  nothingLeftOpen,
  noWarnings,
  loopResponsive,
  noSurvivors,
  scenarioComplete,
];

/** Those that have something to judge: a service without event streams is not told on every run that it has none. */
export function judgesOf({ load }: Pick<SoakConfig, 'load'>): readonly Judge[] {
  const hasStreams = load !== undefined && load !== false && load.streams.length > 0;
  return JUDGES.filter((judge) => judge !== streamsEnded || hasStreams);
}
