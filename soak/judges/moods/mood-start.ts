/** Judge: in this mood the service becomes ready, or refuses to start and says why. */
import { ms } from '../judge.ts';
import {
  describeExit,
  fail,
  type MoodJudge,
  type Opinion,
  pass,
  refusal,
  seen,
  unknown,
} from './mood-judge.ts';
import type { MoodExpectation } from './mood-judge.ts';
import type { CellHistory } from '../../moods/history.ts';

const judge: MoodJudge = {
  id: 'mood-start',
  title:
    'with the companion in this mood the service becomes ready in time, or refuses truthfully where it may',
  why: 'a service that does not come up because somebody else is down turns one outage into two',
  fix: 'start without waiting for others, and reach them in the background; where that cannot be, exit non-zero with a line that names who is missing, and list the mood in soak.moods.mayRefuse',
  judge(history, expected) {
    const ready = seen(history, 'ready');
    const limitMs = expected.limits.readyWithinMs;
    if (ready !== undefined && ready.afterMs <= limitMs) return pass(`ready after ${ms(ready.afterMs)}`);
    if (ready !== undefined) return fail(`ready too late: ${ms(ready.afterMs)}; limit ${limitMs} ms`);
    const notReady = seen(history, 'not-ready');
    if (notReady !== undefined) return fail(`it neither became ready nor refused: ${notReady.reason}`);
    if (refusal(history) !== undefined) return judgeRefusal(history, expected);
    const failed = seen(history, 'start-failed');
    return unknown(failed === undefined ? 'no start was seen' : `not started: ${failed.reason}`);
  },
};
export default judge;

function judgeRefusal(history: CellHistory, { moods }: MoodExpectation): Opinion {
  const { subject, mood } = history.cell;
  const refused = refusal(history);
  if (refused === undefined) return unknown('no refusal was seen');
  const { exit, reason } = refused;
  if (exit.signal !== null || exit.code === 0)
    return fail(
      `it ended at its start by ${describeExit(exit)}; a refusal has a code other than 0: ${reason}`,
    );
  if (!moods.mayRefuse.includes(mood))
    return fail(`it refused to start, and "${mood}" is not in soak.moods.mayRefuse: ${reason}`);
  const words = seen(history, 'last-words');
  if (words === undefined) return unknown('it refused, and its last words were not seen');
  const why = words.lines.findLast((line) => line.toLowerCase().includes(subject.toLowerCase()));
  if (why !== undefined) return pass(`refused with code ${exit.code}, and said why: ${why}`);
  const said = words.lines.length === 0 ? 'it logged nothing' : words.lines.join(' | ');
  return fail(`it refused with code ${exit.code} without a word about ${subject}: ${said}`);
}
