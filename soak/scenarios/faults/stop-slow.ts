/** One stop after the other is late, then all of them together. */
import type { FaultScenario } from '../../faults/fault.ts';
import { judgeStops } from '../../inside/judge-members.ts';
import { memberScenario } from '../../inside/member-faults.ts';
import { runStop, STOP_LINES } from '../../inside/run-members.ts';

const scenario: FaultScenario = {
  name: 'stop-slow',
  group: 'stop-faults',
  title: 'a stop that is late is waited for',
  why: 'a shutdown that goes on without it closes the database under the last write',
  fix: 'await each stop before the next one, within the deadline of the shutdown',
  modes: [22, 34],
  important: false,
  allow: STOP_LINES,
  ...memberScenario('stop', 'slow'),
  run: (trial) => runStop(trial, 'slow'),
  judge: (history) => judgeStops(history, 'slow'),
};
export default scenario;
