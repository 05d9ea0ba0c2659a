/**
 * A misbehaving service of `fixtures/services` and its healthy twin for each fault scenario: the scenario must be red
 * on the first, in the case that is named, and green on the second. Tests, and `npm run soak:proofs`, only.
 */
import type { UserConfig } from '../../harness/config.ts';

export interface Pair {
  scenario: string;
  bad: string;
  good: string;
  /** The subject that must fail: a case, `the next start` or `log`. */
  finding: string;
  /** Words that the failed verdict must say. */
  says: RegExp;
  /** What both services need. */
  env?: Record<string, string>;
  soak?: UserConfig['soak'];
}

const LOCK = { LOCK: '{scratch}/lock' };

export const PAIRS: readonly Pair[] = [
  {
    scenario: 'second-signal',
    bad: 'crashes-on-second-signal',
    good: 'ignores-second-signal',
    finding: 'the stop signal twice, at once',
    says: /ended by code 1/,
  },
  {
    scenario: 'signal-while-starting',
    bad: 'lock-in-two-steps',
    good: 'lock-in-one-step',
    finding: 'the next start',
    says: /did not start: .*somebody is taking the lock/,
    env: LOCK,
  },
  {
    scenario: 'killed-while-idle',
    bad: 'stale-pid-file',
    good: 'pid-file-checked',
    finding: 'the next start',
    says: /did not start: .*already running/,
    env: LOCK,
  },
];
