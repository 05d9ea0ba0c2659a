/** Judge: the event loop was never late by more than its budget, from ready to quiet again and while it stopped. */
import { lives, withoutProbe } from '../inside/judging.ts';
import type { Judge } from './judge.ts';
import { cycleEvidence, ms, nameCycles, observed, unknownWhenMissing, worstBy } from './judge.ts';

const judge: Judge = {
  id: 'loop-responsive',
  title: 'the event loop turns: no piece of work holds everybody else up',
  why: 'while the loop stands still nobody is answered, health checks fail, and a stop signal is not even heard',
  fix: 'cut long work into pieces or give it to a worker thread; limits.loopDelayMs is the longest that it may be late',
  judge(history, limits) {
    // Before it is ready the loop is late for the loading of modules: that is the budget of readiness.
    const delays = observed(history, 'inside-look').flatMap(({ cycle, point, look }) =>
      point !== 'ready' && look.readable && look.value.loop !== undefined
        ? [{ cycle, point, ...look.value.loop }]
        : [],
    );
    const lack = withoutProbe(history) ?? unknownWhenMissing(history, delays, 'delay of the event loop');
    const late = delays.filter(({ maxMs }) => maxMs > limits.loopDelayMs);
    const worst = worstBy(delays, ({ maxMs }) => maxMs);
    if (worst !== undefined && late.length > 0) {
      const when = worst.point === 'quiet' ? 'under load' : 'while it stopped';
      const message = `the event loop stood still for ${ms(worst.maxMs)} ${when} in cycle ${worst.cycle}; limit ${limits.loopDelayMs} ms, passed in ${nameCycles(late.map(({ cycle }) => cycle))}`;
      return [{ outcome: 'fail', message, evidence: cycleEvidence([worst.cycle]) }];
    }
    if (lack !== undefined) return [lack];
    const starved = Math.max(0, ...delays.map(({ starvedMs }) => starvedMs));
    const message = `the event loop was late by ${ms(worst?.maxMs ?? 0)} at most in ${lives(history)} (limit ${limits.loopDelayMs} ms), without waits of up to ${ms(starved)} for a processor`;
    return [{ outcome: 'pass', message, evidence: cycleEvidence(worst === undefined ? [] : [worst.cycle]) }];
  },
};
export default judge;
