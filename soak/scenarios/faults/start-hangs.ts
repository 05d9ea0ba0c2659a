/** One start after the other never ends. */
import type { FaultScenario } from '../../faults/fault.ts';
import { judgeStarts } from '../../inside/judge-members.ts';
import { memberScenario } from '../../inside/member-faults.ts';
import { runStart, START_LINES } from '../../inside/run-members.ts';

const scenario: FaultScenario = {
  name: 'start-hangs',
  group: 'start-faults',
  title: 'a service whose start never ends is never ready, and still ends on the stop signal',
  why: 'traffic goes to a service that has not started, or one that is stuck can only be killed',
  fix: 'be ready only after every start; let the shutdown not wait for a start without a limit',
  modes: [1, 29],
  important: false,
  allow: [
    ...START_LINES,
    {
      pattern: 'unsettled top-level await',
      reason: 'a start was made to hang: Node ends a process that has nothing else to wait for, and says why',
    },
  ],
  ...memberScenario('start', 'hang'),
  run: (trial) => runStart(trial, 'hang'),
  judge: (history) => judgeStarts(history, 'hang'),
};
export default scenario;
