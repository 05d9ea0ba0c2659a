/** Judge: no forbidden line in the service's log, and proof that one would have been found. */
import { LOG_FILE } from '../history.ts';
import type { History, ScannedLog } from '../history.ts';
import type { LogScan } from '../log-scan.ts';
import type { Judge, Judgement } from './judge.ts';
import { cycleEvidence, nameCycles, observed, unknownWhenMissing } from './judge.ts';

const judge: Judge = {
  id: 'log-clean',
  title: 'the log holds no line that a healthy service never writes',
  why: 'the process lived, but its log says what went wrong: a rejection nobody handled, a part that did not stop',
  fix: 'repair what the line names; a line that is known and harmless goes under logs.allow with its reason',
  judge(history) {
    const [log] = history.logScans;
    if (log === undefined) return [unknown(LOG_FILE, `${LOG_FILE} cannot be judged: it was not read`)];
    const judgement = judgeLog(log, history, judge.fix);
    if (judgement.outcome !== 'pass') return [judgement];
    return [
      journalDoubt(history) ??
        unknownWhenMissing(history, observed(history, 'planted'), 'planted line') ??
        judgement,
    ];
  },
};
export default judge;

/** Why the journal may hold more than was read of it; nothing where the log is no journal. */
function journalDoubt(history: History): Judgement | undefined {
  if (observed(history, 'scenario-planned')[0]?.journal !== true) return undefined;
  const readings = observed(history, 'journal-read');
  const gaps = readings.filter(({ missing }) => missing.length > 0);
  if (gaps[0] !== undefined) {
    const cycles = gaps.map(({ cycle }) => cycle);
    const message = `the journal is not whole in ${nameCycles(cycles)}: ${gaps[0].missing.join('; ')}`;
    return unknown(LOG_FILE, message, cycleEvidence(cycles));
  }
  // One line of each life is the harness's own.
  const silent = readings.filter(({ serviceLines }) => serviceLines <= 1).map(({ cycle }) => cycle);
  if (silent.length > 0)
    return unknown(
      LOG_FILE,
      `the service wrote no line of its own in ${nameCycles(silent)}`,
      cycleEvidence(silent),
    );
  return unknownWhenMissing(history, readings, 'reading of the journal');
}

/** One log, with the observations of the lives that wrote it. Used for the logs of other scenarios too. */
export function judgeLog(
  log: ScannedLog,
  history: Pick<History, 'observations' | 'damages'>,
  fix: string,
): Judgement {
  if (!log.readable) return unknown(log.file, `${log.file} cannot be judged: ${log.reason}`);
  if (log.scan.matches.length > 0) return failure(log.scan, fix);
  return (
    doubtAbout(history, log.scan) ?? {
      outcome: 'pass',
      message: cleanMessage(log.scan),
      evidence: [log.scan.file],
    }
  );
}

function failure(scan: LogScan, fix: string): Judgement {
  const kinds = Object.entries(scan.counts).map(([id, count]) =>
    count === 1 ? id : `${id} (${count} times)`,
  );
  const first = scan.matches[0];
  const message = `${kinds.join(', ')}; first in line ${first?.line}: ${first?.text}`;
  const meanings = [...new Set(scan.matches.map(({ id, meaning }) => `${id}: ${meaning}`))];
  return {
    outcome: 'fail',
    message,
    fix: `${fix} (${meanings.join('; ')})`,
    evidence: scan.matches.slice(0, 5).map(({ line }) => `${scan.file}#L${line}`),
  };
}

/** Why an empty finding proves nothing. */
function doubtAbout(
  history: Pick<History, 'observations' | 'damages'>,
  scan: LogScan,
): Judgement | undefined {
  const planted = observed(history, 'planted');
  const { file } = scan;
  const found = new Set(scan.planted.map(({ word }) => word));
  const lost = planted.filter(({ word }) => !found.has(word));
  if (lost.length > 0) {
    const cycles = lost.map(({ cycle }) => cycle);
    return unknown(
      file,
      `${lost.length} of ${planted.length} planted lines were not found again (first in cycle ${cycles[0]}): the log is not whole`,
      cycleEvidence(cycles),
    );
  }
  const elsewhere = observed(history, 'output-path').find(
    ({ stdout, stderr }) => isElsewhere(stdout) || isElsewhere(stderr),
  );
  if (elsewhere !== undefined) {
    return unknown(
      file,
      `the service's output goes elsewhere than to ${file} (cycle ${elsewhere.cycle})`,
      cycleEvidence([elsewhere.cycle]),
    );
  }
  if (scan.truncated) return unknown(file, `${file} ends in the middle of a line`);
  if (history.damages.length > 0)
    return unknown(file, `planted lines cannot be accounted for: ${history.damages.join('; ')}`);
  if (scan.serviceLines <= 0) {
    return unknown(file, 'the service wrote no line of its own: an empty log proves nothing');
  }
  return undefined;
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

function unknown(file: string, message: string, evidence: string[] = [file]): Judgement {
  return { outcome: 'unknown', message, evidence };
}
