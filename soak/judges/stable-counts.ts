/**
 * What `descriptors-stable` and `children-stable` share: one count at two points of each life, ready and quiet again
 * after load, compared exactly.
 */
import type { ProcessSample, Reading } from '../../harness/observation.ts';
import type { Growth } from '../growth.ts';
import type { History } from '../history.ts';
import type { Judgement } from './judge.ts';
import { cycleEvidence, nameCycles, observed, unknownWhenMissing, worstBy } from './judge.ts';

export interface StableCount {
  noun: string;
  limit: number;
  growthOf(before: ProcessSample, after: ProcessSample): Reading<Growth>;
}

interface Grown {
  cycle: number;
  growth: Reading<Growth>;
}

export function judgeStableCount(history: History, { noun, limit, growthOf }: StableCount): Judgement[] {
  const samples = observed(history, 'sample');
  const pairs: Grown[] = samples
    .filter(({ point }) => point === 'quiet')
    .flatMap((quiet) => {
      const ready = samples.find(({ cycle, point }) => cycle === quiet.cycle && point === 'ready');
      return ready === undefined
        ? []
        : [{ cycle: quiet.cycle, growth: growthOf(ready.sample, quiet.sample) }];
    });
  const grown = pairs.filter(({ growth }) => growth.readable && growth.value.count > limit);
  const worst = worstBy(grown, ({ growth }) => (growth.readable ? growth.value.count : 0));
  if (worst?.growth.readable === true) {
    const { count, what } = worst.growth.value;
    const message = `${count} ${noun} more when quiet after the load than when ready in ${nameCycles(grown.map(({ cycle }) => cycle))}; worst in cycle ${worst.cycle}: ${what} (limit ${limit})`;
    return [
      {
        outcome: 'fail',
        message,
        evidence: cycleEvidence([worst.cycle, ...grown.map(({ cycle }) => cycle)]),
      },
    ];
  }
  return [
    doubtAbout(history, pairs, noun) ?? {
      outcome: 'pass',
      message: passMessage(history, pairs.length, noun),
      evidence: cycleEvidence([1]),
    },
  ];
}

function doubtAbout(history: History, pairs: readonly Grown[], noun: string): Judgement | undefined {
  const blind = pairs.find(({ growth }) => !growth.readable);
  if (blind !== undefined && !blind.growth.readable) {
    return {
      outcome: 'unknown',
      message: `${noun} cannot be seen in cycle ${blind.cycle}: ${blind.growth.reason}`,
      evidence: cycleEvidence([blind.cycle]),
    };
  }
  // A baseline taken in the middle of something is too high, and would hide a leak.
  const restless = observed(history, 'settled').find(({ point, settled }) => point === 'ready' && !settled);
  if (restless !== undefined) {
    const message = `the service had not come to rest when it was ready in cycle ${restless.cycle} (${restless.waitingFor}): there is nothing to compare with`;
    return { outcome: 'unknown', message, evidence: cycleEvidence([restless.cycle]) };
  }
  return unknownWhenMissing(history, pairs, `pair of samples (${noun})`);
}

function passMessage(history: History, lives: number, noun: string): string {
  const load = observed(history, 'scenario-planned')[0]?.load;
  return `no ${noun} more when quiet again than when ready, in each of ${lives} lives${load === 'applied' ? '' : ', without load between'}`;
}
