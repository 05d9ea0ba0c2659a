/** What the ledger of a watch gives as verdicts: the whole window, not only the last look. Pure; used by `report.ts`. */
import { createVerdict, type Outcome, type Verdict } from '../../harness/verdict.ts';
import type { Gap, JobName, Ledger, Tally } from './ledger.ts';

const EVIDENCE = ['ledger.json'];
const MAX_GAPS = 20;

/** One for each subject, one for each gap, and that every job has looked at all. */
export function watchVerdicts(
  ledger: Ledger,
  planned: { run: readonly JobName[]; idle: readonly { job: JobName; why: string }[] },
): Verdict[] {
  const tallies = Object.values(ledger.tallies);
  const missing = planned.run.filter(
    (job) => job !== 'report' && !tallies.some(({ check }) => JOB_OF[check] === job),
  );
  return [
    ...tallies.map(tallyVerdict),
    ...missing.map((job) =>
      simple(ledger, 'looked', job, 'unknown', `the job ${job} has not looked yet: silence is not a pass`),
    ),
    ...planned.idle.map(({ job, why }) =>
      simple(ledger, 'looked', job, 'skip', `the job ${job} has nothing to do: ${why}`),
    ),
    ...gapVerdicts(ledger),
  ];
}

const JOB_OF: Record<string, JobName> = {
  'health-answered': 'health',
  'required-route': 'routes',
  'route-answers': 'routes',
  'log-clean': 'log',
  'stayed-up': 'process',
};

function tallyVerdict(tally: Tally): Verdict {
  const counts = countsOf(tally);
  const looks = counts.pass + counts.fail + counts.unknown;
  const outcome: Outcome =
    counts.fail > 0 ? 'fail' : counts.unknown > 0 ? 'unknown' : counts.pass > 0 ? 'pass' : 'skip';
  const worst = outcome === 'fail' || outcome === 'unknown' ? tally.worst[outcome] : undefined;
  const skipped =
    counts.skip > 0
      ? `, ${counts.skip} skipped (${tally.last.outcome === 'skip' ? tally.last.message : 'announced or too early'})`
      : '';
  const state =
    tally.failingSince === undefined
      ? outcome === 'pass' || outcome === 'skip'
        ? ''
        : `; the last look: ${tally.last.outcome}`
      : `; failing since ${tally.failingSince}`;
  const message =
    worst === undefined
      ? `${looks} looks${skipped}; the last: ${tally.last.message}`
      : `${counts[outcome]} of ${looks} looks, the last of them at ${worst.at}: ${worst.message}${state}${skipped}`;
  const fix = worst?.fix;
  return createVerdict({
    stage: 'watch',
    check: tally.check,
    subject: tally.subject,
    outcome,
    message,
    ...(fix === undefined ? {} : { fix }),
    evidence: EVIDENCE,
    startedAt: new Date(tally.buckets[0]?.fromMs ?? 0).toISOString(),
  });
}

function countsOf({ buckets }: Tally): Record<Outcome, number> {
  const counts: Record<Outcome, number> = { fail: 0, unknown: 0, pass: 0, skip: 0 };
  for (const bucket of buckets)
    for (const outcome of Object.keys(counts) as Outcome[]) counts[outcome] += bucket.counts[outcome];
  return counts;
}

/** A time in which nobody looked is unknown, unless it was announced. */
function gapVerdicts(ledger: Ledger): Verdict[] {
  const { gaps } = ledger;
  if (gaps.length === 0) return [simple(ledger, 'without-gaps', 'watch', 'pass', 'no look was missed')];
  const shown = gaps.slice(-MAX_GAPS);
  const more = gaps.length - shown.length;
  return [
    ...(more > 0 ? [simple(ledger, 'without-gaps', 'earlier', 'unknown', `${more} earlier gaps`)] : []),
    ...shown.map((gap) =>
      simple(
        ledger,
        'without-gaps',
        `${gap.job} from ${gap.from}`,
        gap.expected ? 'skip' : 'unknown',
        gapText(gap),
      ),
    ),
  ];
}

function gapText({ job, from, to, missed, why }: Gap): string {
  const what = job === 'watch' ? 'nobody watched' : `${missed} looks of ${job} were missed`;
  return `${what} from ${from} to ${to}: ${why}`;
}

function simple(ledger: Ledger, check: string, subject: string, outcome: Outcome, message: string): Verdict {
  return createVerdict({
    stage: 'watch',
    check,
    subject,
    outcome,
    message,
    evidence: EVIDENCE,
    startedAt: ledger.begunAt,
  });
}
