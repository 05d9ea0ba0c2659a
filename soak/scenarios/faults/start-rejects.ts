/** One start after the other gives a promise that rejects. */
import type { FaultScenario } from '../../faults/fault.ts';
import { judgeStarts } from '../../inside/judge-members.ts';
import { memberScenario } from '../../inside/member-faults.ts';
import { runStart, START_LINES } from '../../inside/run-members.ts';

const scenario: FaultScenario = {
  name: 'start-rejects',
  group: 'start-faults',
  title: 'a start that rejects ends the process, and what was started before it is stopped',
  why: 'a promise that nobody awaits rejects unseen: the service says that it is ready without its database',
  fix: 'await every start; when one rejects stop what was started in reverse, log the reason, and exit with a code other than 0',
  modes: [46, 47],
  important: false,
  allow: START_LINES,
  ...memberScenario('start', 'reject'),
  run: (trial) => runStart(trial, 'reject'),
  judge: (history) => judgeStarts(history, 'reject'),
};
export default scenario;
