/** One stop after the other throws, then all of them together. */
import type { FaultScenario } from '../../faults/fault.ts';
import { judgeStops } from '../../inside/judge-members.ts';
import { memberScenario } from '../../inside/member-faults.ts';
import { runStop, STOP_LINES } from '../../inside/run-members.ts';

const scenario: FaultScenario = {
  name: 'stop-throws',
  group: 'stop-faults',
  title: 'a stop that throws keeps none of the others from being stopped',
  why: 'one connection that is already gone, and everything that comes after it in the shutdown is cut off',
  fix: 'call each stop in a try of its own, log what it throws, go on, and end with a code other than 0',
  modes: [21, 22],
  important: false,
  allow: STOP_LINES,
  ...memberScenario('stop', 'throw'),
  run: (trial) => runStop(trial, 'throw'),
  judge: (history) => judgeStops(history, 'throw'),
};
export default scenario;
