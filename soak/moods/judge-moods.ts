/**
 * Judges what the scenario companion-moods saw: a verdict of each judge on each cell, and one on the whole. Pure but for
 * {@link readMoodHistory}. Called by `judge-history.ts`.
 */
import type { Config } from '../../harness/config.ts';
import { errorText } from '../../harness/errors.ts';
import { createVerdict, type Verdict } from '../../harness/verdict.ts';
import { type MoodExpectation, type MoodJudge, type Opinion, seen } from '../judges/moods/mood-judge.ts';
import { cellLog, cellName } from './cells.ts';
import { type CellHistory, type MoodHistory, MOODS_FILE } from './history.ts';
import { MOOD_JUDGES, MOODS_COMPLETE } from './mood-judges.ts';

const UNKNOWN_FIX = 'this says nothing about the service: see to what is missing, and run the soak again';
const EVIDENCE_PREFIX = 'stages/soak/';

/** One judge's opinion on one cell, and the check that explains it where another one does. */
export interface CellOpinion {
  judge: MoodJudge;
  opinion: Opinion;
  because?: string;
}

/** Every opinion on one cell, in the order of the judges. */
export interface JudgedCell {
  history: CellHistory;
  opinions: CellOpinion[];
}

/** Asks every judge about every cell. */
export function judgeCells(history: MoodHistory, expected: MoodExpectation): JudgedCell[] {
  return history.cells.map((cell) => ({ history: cell, opinions: judgeCell(cell, expected) }));
}

/** The verdicts on the cells, and on whether they are all there are. */
export function moodVerdicts(history: MoodHistory, judged: readonly JudgedCell[]): Verdict[] {
  const whole = MOODS_COMPLETE.judge(history);
  return [
    ...judged.flatMap((cell) => cell.opinions.map((one) => cellVerdict(cell.history, one))),
    createVerdict({
      stage: 'soak',
      check: MOODS_COMPLETE.id,
      subject: 'companion-moods',
      evidence: [EVIDENCE_PREFIX + MOODS_FILE],
      ...spanOf(history.observations),
      ...withFix(whole, MOODS_COMPLETE.fix),
    }),
  ];
}

function judgeCell(history: CellHistory, expected: MoodExpectation): CellOpinion[] {
  const isReached = history.observations.length > 0;
  const opinions = MOOD_JUDGES.map((judge) => ({
    judge,
    opinion: isReached
      ? askJudge(judge, history, expected)
      : { outcome: 'unknown' as const, message: 'this mood was not reached' },
  }));
  if (!isReached) return opinions.map((one) => ({ ...one, because: MOODS_COMPLETE.id }));
  return withOneCause(
    history,
    opinions.map((one) => ({ ...one, opinion: doubt(one, opinions) })),
  );
}

/** What passed in a mood that did not strike has passed without it. */
function doubt({ judge, opinion }: CellOpinion, all: readonly CellOpinion[]): Opinion {
  const struck = all.find((one) => one.judge.id === 'mood-struck');
  if (struck === undefined || struck.opinion.outcome === 'pass' || opinion.outcome === 'fail') return opinion;
  if (judge.id === 'mood-struck' || judge.id === 'mood-log-clean') return opinion;
  return { outcome: 'unknown', message: `${opinion.message}; but the mood is not known to have struck` };
}

/** What was not seen in a cell has one cause: what failed first in it, or what was unknown first. */
function withOneCause(history: CellHistory, opinions: CellOpinion[]): CellOpinion[] {
  const hasLived = seen(history, 'instance-started') !== undefined;
  const ofLife = opinions.filter(({ judge }) => !hasLived || judge.id !== 'mood-log-clean');
  const cause =
    ofLife.find(({ opinion }) => opinion.outcome === 'fail') ??
    ofLife.find(({ opinion }) => opinion.outcome === 'unknown');
  return opinions.map((one) => {
    const explained = ofLife.includes(one) && one !== cause && one.opinion.outcome === 'unknown';
    return explained && cause !== undefined ? { ...one, because: cause.judge.id } : one;
  });
}

/** A judge that throws has found nothing out. */
function askJudge(judge: MoodJudge, history: CellHistory, expected: MoodExpectation): Opinion {
  try {
    return judge.judge(history, expected);
  } catch (error) {
    const message = `the judge ${judge.id} failed: ${errorText(error)}`;
    return { outcome: 'unknown', message, fix: 'report this: a judge must not fail' };
  }
}

function cellVerdict({ cell, observations }: CellHistory, { judge, opinion, because }: CellOpinion): Verdict {
  const evidence = opinion.evidence ?? [`${MOODS_FILE}#cycle-${cell.cycle}`, cellLog(cell)];
  return createVerdict({
    stage: 'soak',
    check: judge.id,
    subject: cellName(cell),
    ...spanOf(observations),
    ...withFix(opinion, judge.fix),
    evidence: evidence.map((file) => EVIDENCE_PREFIX + file),
    ...(because === undefined ? {} : { because }),
  });
}

function withFix(
  { outcome, message, fix }: Opinion,
  ofJudge: string,
): Pick<Opinion, 'outcome' | 'message' | 'fix'> {
  if (outcome === 'fail') return { outcome, message, fix: fix ?? ofJudge };
  return outcome === 'unknown' ? { outcome, message, fix: fix ?? UNKNOWN_FIX } : { outcome, message };
}

function spanOf(observations: MoodHistory['observations']): { startedAt: string; durationMs: number } {
  const [first, last] = [observations[0], observations.at(-1)];
  return {
    startedAt: first?.at ?? new Date(0).toISOString(),
    durationMs: Math.max(0, (last?.monotonicMs ?? 0) - (first?.monotonicMs ?? 0)),
  };
}

/** What a cell is held against; `undefined` where the configuration has no moods. */
export function expectationOf({
  soak,
  limits,
}: Pick<Config, 'soak' | 'limits'>): MoodExpectation | undefined {
  return soak.moods === undefined ? undefined : { moods: soak.moods, limits };
}
