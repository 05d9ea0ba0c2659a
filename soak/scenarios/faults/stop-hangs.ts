/** One stop after the other never ends, then all of them together. */
import type { FaultScenario } from '../../faults/fault.ts';
import { judgeStops } from '../../inside/judge-members.ts';
import { memberScenario } from '../../inside/member-faults.ts';
import { runStop, STOP_LINES } from '../../inside/run-members.ts';

const scenario: FaultScenario = {
  name: 'stop-hangs',
  group: 'stop-faults',
  title: 'a stop that never ends is given up, and all others are stopped',
  why: 'a pool waits for a client that nobody gives back: the shutdown stands there until it is killed, and what comes after it is lost',
  fix: 'give each stop a deadline of its own within that of the shutdown, log that it was given up, and end with a code other than 0',
  modes: [22, 35, 36],
  important: false,
  allow: STOP_LINES,
  ...memberScenario('stop', 'hang'),
  run: (trial) => runStop(trial, 'hang'),
  judge: (history) => judgeStops(history, 'hang'),
};
export default scenario;
