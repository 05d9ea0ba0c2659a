/** Judge: what requests open is closed again, and nothing is open when the shutdown says that it is done. */
import type { InsideLook, OpenThing } from '../../harness/observations/inside.ts';
import type { Limits } from '../../harness/config.ts';
import { worstOf } from '../../harness/verdict.ts';
import type { History } from '../history.ts';
import { insideGrowth } from '../inside/growth.ts';
import type { InsideGrown } from '../inside/growth.ts';
import { locationOf, lives, nameThing, placeText, withoutProbe } from '../inside/judging.ts';
import type { Judge, Judgement } from './judge.ts';
import { cycleEvidence, ms, nameCycles, observed, unknownWhenMissing } from './judge.ts';

const judge: Judge = {
  id: 'nothing-left-open',
  title: 'everything that was opened is closed: after requests, and when the shutdown says that it is done',
  why: 'what stays open at the exit is cut off in the middle or holds the process until it is killed; what stays open after a request adds up until nothing is left',
  fix: 'release what the message names at the line that it names; the rule in brackets says how (`shakedown explain RULE`)',
  judge(history, limits) {
    // What was seen counts, whatever else was not.
    const seen = worseOf(judgeEnds(history), judgeGrowth(history, limits));
    return [seen.outcome === 'fail' ? seen : (withoutProbe(history) ?? seen)];
  },
};
export default judge;

/** Both must hold; of two equal ones both are told. */
function worseOf(ends: Judgement, growth: Judgement): Judgement {
  if (ends.outcome !== growth.outcome)
    return [ends, growth].find(({ outcome }) => outcome === worstOf([ends.outcome, growth.outcome])) ?? ends;
  return {
    ...ends,
    message: `${ends.message}; ${growth.message}`,
    evidence: [...ends.evidence, ...growth.evidence],
  };
}

function judgeGrowth(history: History, limits: Limits): Judgement {
  const looks = observed(history, 'inside-look');
  const pairs = looks.flatMap(({ cycle, point, look }) => {
    const before = looks.find((each) => each.cycle === cycle && each.point === 'ready');
    return point !== 'quiet' || before === undefined ? [] : [{ cycle, before: before.look, after: look }];
  });
  const grown: (InsideGrown & { cycle: number })[] = [];
  for (const { cycle, before, after } of pairs) {
    const blind = [before, after].find((each) => !each.readable);
    if (blind !== undefined && !blind.readable) return unseen(cycle, blind.reason);
    if (before.readable && after.readable)
      grown.push(...insideGrowth(before.value, after.value, limits).map((each) => ({ cycle, ...each })));
  }
  const worst = grown.toSorted((a, b) => b.more - a.more)[0];
  if (worst === undefined) {
    return (
      unknownWhenMissing(history, pairs, 'pair of looks from inside (ready, quiet)') ?? {
        outcome: 'pass',
        message: `nothing more is open when quiet again than when ready, in ${lives(history)}`,
        evidence: cycleEvidence([1]),
      }
    );
  }
  const cycles = grown.map(({ cycle }) => cycle);
  return {
    outcome: 'fail',
    message: `${worst.more} more of ${worst.noun} when quiet after the load than when ready in ${nameCycles(cycles)}: ${nameThing(worst.where)} (limit ${limits.openGrowth})`,
    fix: `${worst.where.hint} (\`shakedown explain ${worst.where.rule}\`)`,
    ...locationOf(worst.where.at),
    evidence: cycleEvidence([worst.cycle, ...cycles]),
  };
}

function judgeEnds(history: History): Judgement {
  const looks = observed(history, 'inside-look');
  const overdue = looks.find(({ point }) => point === 'overdue');
  const held = overdue?.look.readable === true ? overdue.look.value.open.filter(({ holds }) => holds) : [];
  if (overdue !== undefined && held[0] !== undefined) {
    const since = observed(history, 'still-running').find(({ cycle }) => cycle === overdue.cycle)?.afterMs;
    const after = since === undefined ? '' : ` ${ms(since)} after the stop signal`;
    return leftOpen([overdue.cycle], held, `still running${after}, held by`);
  }
  const ends = looks.filter(({ point }) => point === 'end');
  const left = ends.flatMap(({ cycle, look }) =>
    look.readable ? [{ cycle, look: look.value, open: cutOff(look.value) }] : [],
  );
  const bad = left.filter(({ open }) => open.length > 0);
  const first = bad[0];
  if (first !== undefined) {
    const by = first.look.exitBy === undefined ? '' : ` (called at ${placeText(first.look.exitBy)})`;
    return leftOpen(
      bad.map(({ cycle }) => cycle),
      first.open,
      `the exit${by} cut off`,
    );
  }
  const blind = ends.find(({ look }) => !look.readable);
  if (blind !== undefined && !blind.look.readable) return unseen(blind.cycle, blind.look.reason);
  return unknownWhenMissing(history, ends, 'look from inside at the end') ?? clean(history, left);
}

/** What an exit cut off: what held the process, and would have ended or lost something. */
function cutOff({ moment, open }: InsideLook): OpenThing[] {
  if (moment === 'loop-empty') return [];
  return open.filter(
    ({ holds, endsWithProcess, pooled, dueInMs }) =>
      holds && !endsWithProcess && !pooled && dueInMs === undefined,
  );
}

function leftOpen(cycles: readonly number[], things: readonly OpenThing[], how: string): Judgement {
  const named = things.slice(0, 5).map(nameThing);
  const more = things.length > named.length ? ` and ${things.length - named.length} more` : '';
  const first = things[0];
  return {
    outcome: 'fail',
    message: `${how} in ${nameCycles(cycles)}: ${named.join('; ')}${more}`,
    ...(first === undefined ? {} : { fix: `${first.hint} (\`shakedown explain ${first.rule}\`)` }),
    ...locationOf(first?.at),
    evidence: cycleEvidence(cycles),
  };
}

function clean(history: History, ends: readonly { look: InsideLook }[]): Judgement {
  const empty = ends.filter(({ look }) => look.moment === 'loop-empty').length;
  const how =
    empty === ends.length
      ? 'the loop ran empty'
      : empty === 0
        ? 'nothing was cut off by the exit'
        : `the loop ran empty ${empty} times, else nothing was cut off by the exit`;
  return { outcome: 'pass', message: `${how}, in ${lives(history)}`, evidence: cycleEvidence([1]) };
}

function unseen(cycle: number, reason: string): Judgement {
  return {
    outcome: 'unknown',
    message: `not seen in cycle ${cycle}: ${reason}`,
    evidence: cycleEvidence([cycle]),
  };
}
