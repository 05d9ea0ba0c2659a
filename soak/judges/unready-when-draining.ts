/** Judge: a service that has been told to stop says soon that it is not ready any more. */
import type { Judge } from './judge.ts';
import { cycleEvidence, ms, observed, unknownWhenMissing, worstBy } from './judge.ts';

const judge: Judge = {
  id: 'unready-when-draining',
  title: 'readiness turns off when the stop signal has come',
  why: 'a load balancer goes on sending requests to an instance that says it is ready, until the port is closed in its face',
  fix: 'answer 503 on the readiness route, or stop accepting connections, as the first act of the shutdown',
  judge(history, limits) {
    const plan = observed(history, 'scenario-planned')[0];
    if (plan !== undefined && !plan.listens)
      return [{ outcome: 'skip', message: 'the service does not listen on a port', evidence: [] }];
    const watched = observed(history, 'readiness-after-signal');
    const byLog = watched.find(({ notAsked }) => notAsked !== undefined);
    if (byLog?.notAsked !== undefined)
      return [{ outcome: 'skip', message: byLog.notAsked, evidence: cycleEvidence([byLog.cycle]) }];
    const worst = worstBy(watched, ({ seen }) => seen?.lastReadyAfterMs ?? -1);
    const last = worst?.seen?.lastReadyAfterMs;
    if (worst !== undefined && last !== undefined && last > limits.unreadyWithinMs) {
      const message = `still answered as ready ${ms(last)} after the stop signal in cycle ${worst.cycle}; limit ${limits.unreadyWithinMs} ms`;
      return [{ outcome: 'fail', message, evidence: cycleEvidence([worst.cycle]) }];
    }
    const missing = unknownWhenMissing(history, watched, 'question after the stop signal');
    if (missing !== undefined) return [missing];
    const asked = watched.reduce((sum, { seen }) => sum + (seen?.asked ?? 0), 0);
    const unready = watched.reduce((sum, { seen }) => sum + (seen?.unready ?? 0), 0);
    const silent = watched.find(({ seen }) => (seen?.asked ?? 0) === 0);
    const exit = observed(history, 'exited').find(({ cycle }) => cycle === silent?.cycle);
    if (silent !== undefined && !(exit !== undefined && exit.afterMs <= limits.unreadyWithinMs)) {
      const message = `no question about readiness was answered after the stop signal in cycle ${silent.cycle}`;
      return [{ outcome: 'unknown', message, evidence: cycleEvidence([silent.cycle]) }];
    }
    const message = `asked ${asked} times after ${watched.length} stop signals: ready for ${ms(Math.max(0, last ?? 0))} at most, ${unready} times not ready, then refused`;
    return [{ outcome: 'pass', message, evidence: cycleEvidence(worst === undefined ? [] : [worst.cycle]) }];
  },
};
export default judge;
