/** Judge: every life ended in time after the stop signal. */
import type { Judge } from './judge.ts';
import { cycleEvidence, medianOf, ms, nameCycles, observed, unknownWhenMissing, worstBy } from './judge.ts';

const judge: Judge = {
  id: 'exited-in-time',
  title: 'the service exits within its time after the stop signal',
  why: 'a service that does not exit is killed in the middle of its work, and each deploy waits for it',
  fix: 'handle the stop signal, close servers, timers, sockets and clients, and let the event loop run empty',
  judge(history, limits) {
    const running = observed(history, 'still-running');
    const first = running[0];
    if (first !== undefined) {
      const cycles = running.map(({ cycle }) => cycle);
      const message = `still running ${ms(first.afterMs)} after the stop signal in ${nameCycles(cycles)}`;
      return [{ outcome: 'fail', message, evidence: [...cycleEvidence(cycles), 'service.log'] }];
    }
    const exited = observed(history, 'exited');
    const worst = worstBy(exited, ({ afterMs }) => afterMs);
    const times = `median ${ms(medianOf(exited.map(({ afterMs }) => afterMs)))}, worst ${ms(worst?.afterMs ?? 0)} in cycle ${worst?.cycle}`;
    const evidence = cycleEvidence(worst === undefined ? [] : [worst.cycle]);
    if (worst !== undefined && worst.afterMs > limits.exitWithinMs) {
      return [
        { outcome: 'fail', message: `exited too late: ${times}; limit ${limits.exitWithinMs} ms`, evidence },
      ];
    }
    const missing = unknownWhenMissing(history, exited, 'exit after the stop signal');
    if (missing !== undefined) return [missing];
    return [
      { outcome: 'pass', message: `exited after each of ${exited.length} stop signals: ${times}`, evidence },
    ];
  },
};
export default judge;
