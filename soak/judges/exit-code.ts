/** Judge: every life ended by itself, with the code that says that all is well. */
import { UNRECORDED_END, type ExitFact } from '../../harness/observation.ts';
import type { Judge } from './judge.ts';
import { cycleEvidence, nameCycles, observed, unknownWhenMissing } from './judge.ts';

const judge: Judge = {
  id: 'exit-code',
  title: 'the service exits with the agreed code, and only when told to',
  why: 'another code makes a supervisor count a clean stop as a crash, and a crash as a clean stop',
  fix: 'set process.exitCode in the stop handler, from what really happened; handle the stop signal',
  judge(history, limits) {
    const unasked = observed(history, 'exited-unasked');
    const exited = observed(history, 'exited');
    const unseen = exited.filter(({ signal }) => signal === UNRECORDED_END);
    const wrong = exited.filter(
      (exit) => !unseen.includes(exit) && (exit.code !== limits.exitCode || exit.signal !== null),
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
    const missing = unknownWhenMissing(history, exited, 'exit');
    if (missing !== undefined) return [missing];
    if (unseen.length > 0) {
      const cycles = unseen.map(({ cycle }) => cycle);
      const message = `how it ended in ${nameCycles(cycles)} is not on record: the next life had begun`;
      return [{ outcome: 'unknown', message, evidence: cycleEvidence(cycles) }];
    }
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
