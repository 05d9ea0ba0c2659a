/** Judge: every cell of the scenario companion-moods was reached, and is on record. Of the scenario as a whole. */
import type { MoodHistory } from '../../moods/history.ts';
import { type Judge, observed } from '../judge.ts';
import { type Opinion, pass, unknown } from './mood-judge.ts';

export interface MoodsCompleteJudge extends Omit<Judge, 'judge'> {
  judge(history: MoodHistory): Opinion;
}

const judge: MoodsCompleteJudge = {
  id: 'moods-complete',
  title: 'every mood of every subject was tried, and is on record',
  why: 'a mood that was not reached has shown nothing',
  fix: 'look at why it ended, and run it again',
  judge(history) {
    const planned = observed(history, 'moods-planned')[0];
    const finished = observed(history, 'scenario-finished')[0];
    const wanted = history.cells.map(({ cell }) => cell);
    const reasons = [
      ...history.damages,
      ...observed(history, 'scenario-aborted').map(({ reason }) => `it was aborted: ${reason}`),
      ...observed(history, 'harness-error').map(({ message }) => `the harness failed: ${message}`),
      ...(planned === undefined ? ['no plan was recorded'] : []),
      ...(finished === undefined ? ['its end was not recorded'] : []),
      ...(planned !== undefined && JSON.stringify(planned.cells) !== JSON.stringify(wanted)
        ? ['what ran is not what the configuration asks for']
        : []),
    ];
    const unique = [...new Set(reasons)];
    if (unique.length > 0) return unknown(unique.join('; '));
    return pass(`${wanted.length} lives, one in each mood of each subject`);
  },
};
export default judge;
