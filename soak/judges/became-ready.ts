/** Judge: every life said that it is ready, in time. */
import type { Judge } from './judge.ts';
import { cycleEvidence, medianOf, ms, nameCycles, observed, unknownWhenMissing, worstBy } from './judge.ts';

const judge: Judge = {
  id: 'became-ready',
  title: 'the service is ready within its time after every start',
  why: 'a service that does not come back after a restart is an outage that ends only by hand',
  fix: 'look at the last lines of its log; raise limits.readyWithinMs only when the time is really needed',
  judge(history, limits) {
    const failed = [...observed(history, 'start-failed'), ...observed(history, 'not-ready')];
    const first = failed[0];
    if (first?.kind === 'start-failed' && first.exit === undefined) {
      // There never was a process: that says nothing about the service.
      const message = `not started in cycle ${first.cycle}: ${first.reason}`;
      return [{ outcome: 'unknown', message, evidence: cycleEvidence([first.cycle]) }];
    }
    if (first !== undefined) {
      const cycles = failed.map(({ cycle }) => cycle);
      const message = `not ready in ${nameCycles(cycles)}: ${first.reason}`;
      return [{ outcome: 'fail', message, evidence: [...cycleEvidence(cycles), 'service.log'] }];
    }
    const ready = observed(history, 'ready');
    const worst = worstBy(ready, ({ afterMs }) => afterMs);
    const times = `median ${ms(medianOf(ready.map(({ afterMs }) => afterMs)))}, worst ${ms(worst?.afterMs ?? 0)} in cycle ${worst?.cycle}`;
    const evidence = cycleEvidence(worst === undefined ? [] : [worst.cycle]);
    if (worst !== undefined && worst.afterMs > limits.readyWithinMs) {
      return [
        { outcome: 'fail', message: `ready too late: ${times}; limit ${limits.readyWithinMs} ms`, evidence },
      ];
    }
    const missing = unknownWhenMissing(history, ready, 'readiness');
    if (missing !== undefined) return [missing];
    return [{ outcome: 'pass', message: `ready after each of ${ready.length} starts: ${times}`, evidence }];
  },
};
export default judge;
