/** Judge: Node warned of nothing, and no rejection or exception was left to it. */
import type { InsideWord } from '../../harness/observations/inside.ts';
import { locationOf, lives, placeText, withoutProbe } from '../inside/judging.ts';
import type { Judge, Judgement } from './judge.ts';
import { cycleEvidence, nameCycles, observed } from './judge.ts';

/** What Node says of its own features. */
const OWN = /^ExperimentalWarning\b/;

const judge: Judge = {
  id: 'no-warnings',
  title: 'the process warns of nothing, and nobody forgets a rejection',
  why: 'a warning may never reach the log, or scroll by in it: listeners that pile up, a promise that failed unseen, an API about to go away',
  fix: 'repair what the warning names at the line that it names; Node prints the stack with --trace-warnings',
  judge(history) {
    const heard = observed(history, 'inside-heard');
    const told = heard.flatMap(({ cycle, warnings, rejections, exceptions }) =>
      [
        ...warnings.filter(({ name }) => !OWN.test(name)),
        ...rejections.map((word) => ({ ...word, name: 'unhandled rejection' })),
        ...exceptions.map((word) => ({ ...word, name: 'uncaught exception' })),
      ].map((word) => ({ cycle, word })),
    );
    const first = told[0];
    if (first !== undefined) return [failure(first.word, told)];
    const missing = withoutProbe(history);
    if (missing !== undefined) return [missing];
    const own = heard.reduce((sum, { warnings }) => sum + warnings.length, 0);
    const aside = own === 0 ? '' : ` (${own} of Node's own about experimental features)`;
    return [
      {
        outcome: 'pass',
        message: `no warning, rejection or exception in ${lives(history)}${aside}`,
        evidence: cycleEvidence([1]),
      },
    ];
  },
};
export default judge;

function failure(first: InsideWord, told: readonly { cycle: number; word: InsideWord }[]): Judgement {
  const cycles = told.map(({ cycle }) => cycle);
  const where = first.at === undefined ? '' : ` at ${placeText(first.at)}`;
  const more = told.length === 1 ? '' : `; ${told.length} in all`;
  return {
    outcome: 'fail',
    message: `${first.name}: ${first.message.split('\n')[0]}${where} in ${nameCycles(cycles)}${more}`,
    ...locationOf(first.at),
    evidence: cycleEvidence(cycles),
  };
}
