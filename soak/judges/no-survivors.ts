/** Judge: no process outlived the service. */
import type { Judge } from './judge.ts';
import { cycleEvidence, nameCycles, observed, unknownWhenMissing } from './judge.ts';

const judge: Judge = {
  id: 'no-survivors',
  title: 'nothing that the service started outlives it',
  why: 'left-over processes hold ports, locks and memory, and pile up from deploy to deploy',
  fix: 'keep a handle to every child process and end it, and wait for its exit, in the stop handler',
  judge(history) {
    const looks = observed(history, 'survivors');
    const found = looks.filter(({ processes }) => processes.readable && processes.value.length > 0);
    if (found.length > 0) {
      const first = found[0]?.processes;
      const names =
        first?.readable === true ? first.value.map(({ pid, command }) => `pid ${pid} (${command})`) : [];
      const cycles = found.map(({ cycle }) => cycle);
      const message = `outlived the service in ${nameCycles(cycles)}: ${names.slice(0, 3).join(', ')}`;
      return [{ outcome: 'fail', message, evidence: cycleEvidence(cycles) }];
    }
    const blind = looks.find(({ processes }) => !processes.readable);
    if (blind !== undefined && !blind.processes.readable) {
      return [
        {
          outcome: 'unknown',
          message: `survivors cannot be seen: ${blind.processes.reason}`,
          evidence: cycleEvidence([blind.cycle]),
        },
      ];
    }
    const missing = unknownWhenMissing(history, looks, 'look for survivors');
    if (missing !== undefined) return [missing];
    return [
      { outcome: 'pass', message: `none after each of ${looks.length} exits`, evidence: cycleEvidence([1]) },
    ];
  },
};
export default judge;
