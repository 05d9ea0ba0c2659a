/** Judge: the companion's mood really struck in this life. */
import { ms } from '../judge.ts';
import { type MoodJudge, pass, seen, unknown } from './mood-judge.ts';

const judge: MoodJudge = {
  id: 'mood-struck',
  title: 'the mood of the companion struck while the service ran',
  why: 'a service that never met the fault has shown nothing about it',
  fix: 'see whether the service asks this subject at all, and whether the companion counts what it does to it',
  judge(history) {
    const uncontrolled = seen(history, 'mood-uncontrolled');
    if (uncontrolled !== undefined && uncontrolled.doing !== 'reset')
      return unknown(`the companion's control port failed (${uncontrolled.doing}): ${uncontrolled.reason}`);
    const strikes = seen(history, 'mood-strikes');
    if (strikes === undefined) return unknown('it was not looked whether the mood struck');
    if (strikes.strikes === 0)
      return unknown(
        `the mood "${history.cell.mood}" did not strike: ${history.cell.subject} counted nothing`,
      );
    return pass(`struck ${strikes.strikes} times; first seen ${ms(strikes.afterMs)} after readiness`);
  },
};
export default judge;
