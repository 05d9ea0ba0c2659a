/** Judge: the port was free again soon after each exit. */
import type { Judge } from './judge.ts';
import { cycleEvidence, ms, nameCycles, observed, unknownWhenMissing, worstBy } from './judge.ts';

const judge: Judge = {
  id: 'port-freed',
  title: 'the port can be bound again after the exit',
  why: 'the next start ends with EADDRINUSE, and the service stays down',
  fix: 'close the listening server in the stop handler, and end child processes that have inherited it',
  judge(history, limits) {
    const plan = observed(history, 'scenario-planned')[0];
    if (plan?.listens === false) {
      return [
        {
          outcome: 'skip',
          message: "the service does not listen on a port (service.port is 'none')",
          evidence: [],
        },
      ];
    }
    if (plan?.keptListener === true) {
      const message = 'a socket unit keeps the listener through every restart (target.keptListener)';
      return [{ outcome: 'skip', message, evidence: [] }];
    }
    const held = observed(history, 'port-held');
    const first = held[0];
    if (first !== undefined) {
      const cycles = held.map(({ cycle }) => cycle);
      const message = `the port is still held ${ms(first.afterMs)} after the exit in ${nameCycles(cycles)}, by ${first.holder}`;
      return [{ outcome: 'fail', message, evidence: cycleEvidence(cycles) }];
    }
    const free = observed(history, 'port-free');
    const worst = worstBy(free, ({ afterMs }) => afterMs);
    const evidence = cycleEvidence(worst === undefined ? [] : [worst.cycle]);
    if (worst !== undefined && worst.afterMs > limits.portFreeWithinMs) {
      const message = `the port was free only ${ms(worst.afterMs)} after the exit in cycle ${worst.cycle}; limit ${limits.portFreeWithinMs} ms`;
      return [{ outcome: 'fail', message, evidence }];
    }
    const missing = unknownWhenMissing(history, free, 'free port');
    if (missing !== undefined) return [missing];
    return [
      {
        outcome: 'pass',
        message: `bound again after each of ${free.length} exits, at the latest after ${ms(worst?.afterMs ?? 0)}`,
        evidence,
      },
    ];
  },
};
export default judge;
