/** Judge: no forbidden line in the service's log, and proof that one would have been found. */
import { LOG_FILE } from '../history.ts';
import type { History } from '../history.ts';
import type { LogScan } from '../log-scan.ts';
import type { Judge, Judgement } from './judge.ts';
import { cycleEvidence, observed, plannedCycles, unknownWhenMissing } from './judge.ts';

const judge: Judge = {
  id: 'log-clean',
  title: 'the log holds no line that a healthy service never writes',
  why: 'the process lived, but its log says what went wrong: a rejection nobody handled, a part that did not stop',
  fix: 'repair what the line names; a line that is known and harmless goes under logs.allow with its reason',
  judge(history) {
    const log = history.logScans[0];
    if (log === undefined || !log.readable) {
      return [
        unknown(
          `${log?.file ?? LOG_FILE} cannot be judged: ${log === undefined ? 'it was not read' : log.reason}`,
        ),
      ];
    }
    if (log.scan.matches.length > 0) return [failure(log.scan)];
    const doubt = doubtAbout(history, log.scan);
    if (doubt !== undefined) return [doubt];
    return [{ outcome: 'pass', message: cleanMessage(log.scan), evidence: [LOG_FILE] }];
  },
};
export default judge;

function failure(scan: LogScan): Judgement {
  const kinds = Object.entries(scan.counts).map(([id, count]) =>
    count === 1 ? id : `${id} (${count} times)`,
  );
  const first = scan.matches[0];
  const message = `${kinds.join(', ')}; first in line ${first?.line}: ${first?.text}`;
  const meanings = [...new Set(scan.matches.map(({ id, meaning }) => `${id}: ${meaning}`))];
  return {
    outcome: 'fail',
    message,
    fix: `${judge.fix} (${meanings.join('; ')})`,
    evidence: scan.matches.slice(0, 5).map(({ line }) => `${LOG_FILE}#L${line}`),
  };
}

/** Why an empty finding proves nothing. */
function doubtAbout(history: History, scan: LogScan): Judgement | undefined {
  const planted = observed(history, 'planted');
  const found = new Set(scan.planted.map(({ word }) => word));
  const lost = planted.filter(({ word }) => !found.has(word));
  if (lost.length > 0) {
    const cycles = lost.map(({ cycle }) => cycle);
    return unknown(
      `${lost.length} of ${planted.length} planted lines were not found again (first in cycle ${cycles[0]}): the log is not whole`,
      cycleEvidence(cycles),
    );
  }
  const elsewhere = observed(history, 'output-path').find(
    ({ stdout, stderr }) => isElsewhere(stdout) || isElsewhere(stderr),
  );
  if (elsewhere !== undefined) {
    return unknown(
      `the service's output goes elsewhere than to ${LOG_FILE} (cycle ${elsewhere.cycle})`,
      cycleEvidence([elsewhere.cycle]),
    );
  }
  if (scan.truncated) return unknown(`${LOG_FILE} ends in the middle of a line`);
  if (history.damages.length > 0)
    return unknown(`planted lines cannot be accounted for: ${history.damages.join('; ')}`);
  if (scan.serviceLines <= 0) {
    return unknown(
      `the service wrote no line of its own in ${plannedCycles(history).length} cycles: an empty log proves nothing`,
    );
  }
  return unknownWhenMissing(history, planted, 'planted line');
}

function cleanMessage(scan: LogScan): string {
  const used = scan.allowed
    .filter(({ count }) => count > 0)
    .map(({ pattern, reason, count }) => `${count} allowed by /${pattern}/ (${reason})`);
  const unused = scan.allowed
    .filter(({ count }) => count === 0)
    .map(({ pattern }) => `logs.allow /${pattern}/ matched nothing: remove it`);
  const all = [
    `no forbidden line in ${scan.serviceLines} of the service's`,
    `${scan.planted.length} planted lines found again`,
    ...used,
    ...unused,
  ];
  return all.join('; ');
}

function isElsewhere(reading: { readable: boolean; value?: boolean }): boolean {
  return reading.readable && reading.value === false;
}

function unknown(message: string, evidence: string[] = [LOG_FILE]): Judgement {
  return { outcome: 'unknown', message, evidence };
}
