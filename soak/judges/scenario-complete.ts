/** Judge: what was planned is what ran. */
import type { Judge } from './judge.ts';
import { observed } from './judge.ts';

const judge: Judge = {
  id: 'scenario-complete',
  title: 'every planned cycle ran to its end and is on record',
  why: 'a soak that was cut short has shown nothing about what it did not reach',
  fix: 'look at why it ended, and run it again',
  judge(history) {
    const evidence = ['observations.ndjson'];
    const plan = observed(history, 'scenario-planned')[0];
    const finished = observed(history, 'scenario-finished')[0];
    const reasons = [
      ...history.damages,
      ...observed(history, 'scenario-aborted').map(({ reason }) => `it was aborted: ${reason}`),
      ...observed(history, 'harness-error').map(({ message }) => `the harness failed: ${message}`),
      ...(plan === undefined ? ['no plan was recorded'] : []),
      ...(finished === undefined ? ['its end was not recorded'] : []),
      ...(plan !== undefined && finished !== undefined && plan.cycles !== finished.cycles
        ? [`${plan.cycles} cycles were planned, ${finished.cycles} finished`]
        : []),
    ];
    if (reasons.length > 0) return [{ outcome: 'unknown', message: reasons.join('; '), evidence }];
    return [
      {
        outcome: 'pass',
        message: `${finished?.cycles} of ${plan?.cycles} planned cycles finished`,
        evidence,
      },
    ];
  },
};
export default judge;
