/** Judge: the service says the truth about the companion, and goes on saying it. */
import type { Hearing } from '../../../harness/observation.ts';
import { ms } from '../judge.ts';
import {
  describeHearing,
  eitherOf,
  fail,
  type MoodJudge,
  type Opinion,
  pass,
  refusal,
  REFUSED,
  seen,
  unknown,
} from './mood-judge.ts';

const judge: MoodJudge = {
  id: 'mood-told',
  title: 'the service tells how the companion really is, in time and for as long as it lasts',
  why: 'who looks at the status during an outage is sent the wrong way by one that says all is well',
  fix: 'derive the status from what was last received and when, not from whether a connection was once made',
  judge(history, { moods }) {
    const { withinMs, says } = moods.truth;
    const accepted = says[history.cell.mood] ?? [];
    if (refusal(history) !== undefined) return REFUSED;
    const awaited = seen(history, 'truth-awaited');
    if (awaited === undefined) return unknown('the service was not asked');
    const told = awaited.hearing.words.at(-1);
    if (told === undefined || !accepted.includes(told.word) || told.afterMs > withinMs) {
      if (seen(history, 'exited-unasked') !== undefined) return unknown('it ended before it could tell');
      return untold(awaited.hearing, accepted, withinMs);
    }
    const later = seen(history, 'watched')?.hearing;
    if (later === undefined) return unknown('it was not asked again');
    const lie = later.words.find(({ word }) => !accepted.includes(word));
    if (lie !== undefined) {
      const text = `told "${told.word}" after ${ms(told.afterMs)}, and ${ms(lie.afterMs)} later "${lie.word}"`;
      return fail(`${text} while the mood went on; true would be ${eitherOf(accepted)}`);
    }
    if (later.words.length === 0) return untold(later, accepted, later.forMs);
    return pass(`told "${told.word}" after ${ms(told.afterMs)}`);
  },
};
export default judge;

/** Other words, or none. Whoever answers with 404 has not been asked the right question. */
function untold(hearing: Hearing, accepted: readonly string[], duringMs: number): Opinion {
  const { words, wordless } = hearing;
  const isSilent = wordless !== undefined && (wordless.status === undefined || wordless.status >= 500);
  const text = `said ${describeHearing(hearing)}; in ${Math.round(duringMs)} ms it should have said ${eitherOf(accepted)}`;
  if (words.length > 0 || isSilent) return fail(text);
  return { ...unknown(text), fix: 'correct soak.moods.truth: its path, pointer, where and field' };
}
