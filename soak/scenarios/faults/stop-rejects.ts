/** One stop after the other gives a promise that rejects, then all of them together. */
import type { FaultScenario } from '../../faults/fault.ts';
import { judgeStops } from '../../inside/judge-members.ts';
import { memberScenario } from '../../inside/member-faults.ts';
import { runStop, STOP_LINES } from '../../inside/run-members.ts';

const scenario: FaultScenario = {
  name: 'stop-rejects',
  group: 'stop-faults',
  title: 'a stop that rejects keeps none of the others from being stopped',
  why: 'a database that does not answer rejects its close, and queues, servers and files after it are never released',
  fix: 'await each stop in a try of its own (or Promise.allSettled), log what it rejects with, go on, and end with a code other than 0',
  modes: [21, 22],
  important: false,
  allow: STOP_LINES,
  ...memberScenario('stop', 'reject'),
  run: (trial) => runStop(trial, 'reject'),
  judge: (history) => judgeStops(history, 'reject'),
};
export default scenario;
