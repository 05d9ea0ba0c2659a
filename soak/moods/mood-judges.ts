/** The judges of the scenario companion-moods, in the order in which they report on each cell. */
import moodLogClean from '../judges/moods/mood-log-clean.ts';
import moodStart from '../judges/moods/mood-start.ts';
import moodStayedUp from '../judges/moods/mood-stayed-up.ts';
import moodStopped from '../judges/moods/mood-stopped.ts';
import moodStruck from '../judges/moods/mood-struck.ts';
import moodTold from '../judges/moods/mood-told.ts';
import moodsComplete from '../judges/moods/moods-complete.ts';
import type { MoodJudge } from '../judges/moods/mood-judge.ts';

export const MOOD_JUDGES: readonly MoodJudge[] = [
  moodStruck,
  moodStart,
  moodTold,
  moodStayedUp,
  moodStopped,
  moodLogClean,
];

/** Of the scenario as a whole. */
export const MOODS_COMPLETE = moodsComplete;

/** The checks of this scenario. */
export const MOOD_CHECKS: readonly string[] = [...MOOD_JUDGES, MOODS_COMPLETE].map(({ id }) => id);
