/** Pairs for the faults by signals, and by a processor that is slow. See `pair.ts`. */
import type { Pair } from './pair.ts';

const LOCK = { LOCK: '{scratch}/lock' };

export const SIGNALS_PAIRS: readonly Pair[] = [
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
    cases: ['as soon as it listens'],
    says: /did not start: .*somebody is taking the lock/,
    env: LOCK,
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
