/** Judge: the service lives through the mood, and stays ready. */
import { ms } from '../judge.ts';
import { describeExit, fail, type MoodJudge, pass, refusal, REFUSED, seen, unknown } from './mood-judge.ts';

const judge: MoodJudge = {
  id: 'mood-stayed-up',
  title: 'the service stays up and ready for as long as the mood lasts',
  why: 'a companion that is down must not take the service with it',
  fix: 'catch what requests and streams throw or emit, and keep readiness apart from companions that can be done without',
  judge(history, { moods }) {
    const unasked = seen(history, 'exited-unasked');
    if (unasked !== undefined) {
      const words = unasked.lastLines.length === 0 ? 'it logged nothing' : unasked.lastLines.join(' | ');
      return fail(`it ended ${unasked.during} (${describeExit(unasked)}): ${words}`);
    }
    if (refusal(history) !== undefined) return REFUSED;
    const watched = seen(history, 'watched');
    if (watched === undefined) return unknown('it was not watched');
    const { notReady, forMs, looks } = watched;
    if (notReady !== undefined)
      return fail(`no longer ready ${ms(notReady.afterMs)} after it was first watched: ${notReady.reason}`);
    if (forMs < moods.holdMs)
      return unknown(`watched for ${ms(forMs)} only; soak.moods.holdMs is ${moods.holdMs}`);
    return pass(`up for ${ms(forMs)} more${looks === 0 ? '' : `, ready at each of ${looks} looks`}`);
  },
};
export default judge;
