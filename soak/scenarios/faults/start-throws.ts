/** One start after the other throws. */
import type { FaultScenario } from '../../faults/fault.ts';
import { judgeStarts } from '../../inside/judge-members.ts';
import { memberScenario } from '../../inside/member-faults.ts';
import { runStart, START_LINES } from '../../inside/run-members.ts';

const scenario: FaultScenario = {
  name: 'start-throws',
  group: 'start-faults',
  title: 'a start that throws ends the process, and what was started before it is stopped',
  why: 'half a service answers health checks and does nothing, or holds a lock and a port that the next start needs',
  fix: 'stop what was started in reverse, log the reason, and exit with a code other than 0',
  modes: [46, 47],
  important: false,
  allow: START_LINES,
  ...memberScenario('start', 'throw'),
  run: (trial) => runStart(trial, 'throw'),
  judge: (history) => judgeStarts(history, 'throw'),
};
export default scenario;
