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
  {
    scenario: 'silent-connections',
    bad: 'waits-for-silent-clients',
    good: 'well-behaved',
    finding: 'half a request',
    says: /still running/,
  },
  {
    scenario: 'idle-keep-alive',
    bad: 'waits-for-keep-alive',
    good: 'well-behaved',
    finding: 'idle since before the signal',
    says: /still running/,
  },
  {
    scenario: 'idle-keep-alive',
    bad: 'closes-idle-once',
    good: 'well-behaved',
    finding: 'idle only after the signal',
    says: /still running/,
  },
  {
    scenario: 'busy-keep-alive',
    bad: 'serves-while-asked',
    good: 'well-behaved',
    finding: 'asked again after each answer',
    says: /still running/,
  },
  {
    scenario: 'slow-reader',
    bad: 'writes-to-the-last',
    good: 'well-behaved',
    finding: 'answers that nobody reads',
    says: /still running/,
  },
  {
    scenario: 'websocket-held',
    bad: 'websocket-cut',
    good: 'websocket',
    finding: 'WebSockets held open',
    says: /3 of 3 WebSockets ended without a word: code 1006/,
    soak: { faults: { webSocket: '/live' } },
  },
  {
    scenario: 'other-stop-signals',
    bad: 'knows-sigterm-only',
    good: 'well-behaved',
    finding: 'SIGINT',
    says: /ended by SIGINT/,
  },
  {
    scenario: 'frozen-while-stopping',
    bad: 'fails-when-late',
    good: 'stops-at-leisure',
    finding: 'frozen while stopping',
    says: /ended by code 1/,
  },
  {
    scenario: 'frozen-while-serving',
    bad: 'ends-when-late',
    good: 'well-behaved',
    finding: 'frozen for 2500 ms',
    says: /ended unasked after a pause/,
  },
  {
    scenario: 'slow-cpu',
    bad: 'tight-deadline',
    good: 'stops-at-leisure',
    finding: 'a fifth of a processor',
    says: /ended by code 1/,
  },
  {
    scenario: 'signal-to-group',
    bad: 'child-end-is-crash',
    good: 'child-end-expected',
    finding: 'the stop signal to the group',
    says: /ended by code 1/,
  },
];
