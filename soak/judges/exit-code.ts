/** Judge: every life ended by itself, with the code that says that all is well. */
import type { ExitFact } from '../../harness/observation.ts';
import type { Judge } from './judge.ts';
import { cycleEvidence, nameCycles, observed, unknownWhenMissing } from './judge.ts';

const judge: Judge = {
  id: 'exit-code',
  title: 'the service exits with the agreed code, and only when told to',
  why: 'another code makes a supervisor count a clean stop as a crash, and a crash as a clean stop',
  fix: 'set process.exitCode in the stop handler, from what really happened; handle the stop signal',
  judge(history, limits) {
    const unasked = observed(history, 'exited-unasked');
    const wrong = observed(history, 'exited').filter(
      ({ code, signal }) => code !== limits.exitCode || signal !== null,
    );
    if (unasked.length > 0 || wrong.length > 0) {
      const parts = [
        ...unasked.map(
          (exit) =>
            `ended unasked ${exit.during} in cycle ${exit.cycle} (${describeExit(exit)}): ${exit.lastLines.join(' | ')}`,
        ),
        ...(wrong[0] === undefined
          ? []
          : [
              `ended by ${describeExit(wrong[0])} in ${nameCycles(wrong.map(({ cycle }) => cycle))}; expected code ${limits.exitCode}`,
            ]),
      ];
      return [
        {
          outcome: 'fail',
          message: parts.join('; '),
          evidence: [...cycleEvidence([...unasked, ...wrong].map(({ cycle }) => cycle)), 'service.log'],
        },
      ];
    }
    const exited = observed(history, 'exited');
    const missing = unknownWhenMissing(history, exited, 'exit');
    if (missing !== undefined) return [missing];
    return [
      {
        outcome: 'pass',
        message: `code ${limits.exitCode} in each of ${exited.length} cycles`,
        evidence: cycleEvidence([1]),
      },
    ];
  },
};
export default judge;

function describeExit({ code, signal }: ExitFact): string {
  return signal === null ? `code ${code}` : `${signal}, without a handler or killed`;
}
