/** Judge: the log of this life holds no forbidden line, and one would have been found. */
import { judgeLog } from '../log-clean.ts';
import { type MoodJudge, pass, seen, unknown } from './mood-judge.ts';

const judge: MoodJudge = {
  id: 'mood-log-clean',
  title: 'the log of a life in this mood holds no line that a healthy service never writes',
  why: 'errors of a companion are expected and logged; a rejection that nobody handles ends the process on another day',
  fix: 'repair what the line names; a line that is known and harmless goes under logs.allow with its reason',
  judge(history) {
    const judgement = judgeLog(history.log, { ...history, damages: [] }, judge.fix);
    if (judgement.outcome !== 'pass') return judgement;
    if (seen(history, 'planted') === undefined)
      return unknown('no line was planted: it is not known whether a forbidden one would have been found');
    const lines = history.log.readable ? history.log.scan.serviceLines : 0;
    return pass(`no forbidden line in ${lines} of the service's`);
  },
};
export default judge;
