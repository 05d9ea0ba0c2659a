/** Judge: streams of events that are open when the stop signal comes are ended by the service, not cut off by its exit. */
import type { Judge } from './judge.ts';
import { cycleEvidence, nameCycles, observed, plannedCycles, unknownWhenMissing } from './judge.ts';

const judge: Judge = {
  id: 'streams-ended',
  title: 'open event streams are ended when the service stops',
  why: 'a stream that is not ended holds the exit until the deadline, or is cut off, and its client does not know why',
  fix: 'end every open stream (response.end()) as soon as draining begins, before waiting for the server to close',
  judge(history) {
    const held = observed(history, 'streams');
    const bad = held.filter(({ totals }) => totals.byFate.cut + totals.byFate.open > 0);
    const first = bad[0];
    if (first !== undefined) {
      const { cut, open } = first.totals.byFate;
      const cycles = bad.map(({ cycle }) => cycle);
      const what = [cut > 0 ? `${cut} cut off` : '', open > 0 ? `${open} never ended` : '']
        .filter(Boolean)
        .join(', ');
      const message = `of ${first.totals.openAtSignal} open event streams ${what} in ${nameCycles(cycles)}${first.totals.why === undefined ? '' : ` (${first.totals.why})`}`;
      return [{ outcome: 'fail', message, evidence: cycleEvidence(cycles) }];
    }
    const closed = held.find(({ totals }) => totals.openAtSignal < totals.asked || totals.asked === 0);
    if (closed !== undefined) {
      const { asked, openAtSignal, why } = closed.totals;
      const message = `${openAtSignal} of ${asked} event streams were open when the stop signal came in cycle ${closed.cycle}${why === undefined ? '' : `: ${why}`}`;
      return [{ outcome: 'unknown', message, evidence: cycleEvidence([closed.cycle]) }];
    }
    const missing = unknownWhenMissing(history, held, 'event stream');
    if (missing !== undefined) return [missing];
    const all = held.reduce((sum, { totals }) => sum + totals.openAtSignal, 0);
    const message = `${all} event streams open at ${plannedCycles(history).length} stop signals were all ended by the service`;
    return [{ outcome: 'pass', message, evidence: cycleEvidence([1]) }];
  },
};
export default judge;
