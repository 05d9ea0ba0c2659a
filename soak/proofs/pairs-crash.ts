/** Pairs for the faults around a start, and for crashes. See `pair.ts`. */
import type { Pair } from './pair.ts';

const LOCK = { LOCK: '{scratch}/lock' };
const STATE = { STATE: '{scratch}/state' };
const WORK = { requestsPerSecond: 100, beforeStopMs: 150, connections: 8, requests: [{ path: '/work' }] };

export const CRASH_PAIRS: readonly Pair[] = [
  {
    scenario: 'killed-while-idle',
    bad: 'stale-pid-file',
    good: 'pid-file-checked',
    finding: 'the next start',
    cases: ['killed while idle'],
    says: /did not start: .*already running/,
    env: LOCK,
  },
  {
    scenario: 'port-taken',
    bad: 'retries-taken-port',
    good: 'refuses-clearly',
    finding: 'another program has it',
    says: /not ready after/,
  },
  {
    scenario: 'port-taken',
    bad: 'exits-zero-on-taken-port',
    good: 'refuses-clearly',
    finding: 'another program has it',
    says: /ended by code 0; expected a code other than 0/,
  },
  {
    scenario: 'second-instance',
    bad: 'ends-the-first',
    good: 'refuses-clearly',
    finding: 'a second one beside it',
    says: /the first one is no longer ready: it had ended .SIGKILL/,
    env: LOCK,
  },
  {
    scenario: 'bad-configuration',
    bad: 'default-port',
    good: 'refuses-clearly',
    finding: 'the first try',
    says: /not ready after/,
  },
  {
    scenario: 'killed-under-load',
    bad: 'torn-state',
    good: 'whole-state',
    finding: 'the next start',
    cases: ['first kill under load', 'second kill under load', 'third kill under load'],
    says: /did not start/,
    env: STATE,
    soak: { load: WORK },
  },
  {
    scenario: 'killed-while-starting',
    bad: 'lock-before-ready',
    good: 'starts-slowly',
    finding: 'the next start',
    cases: ['killed as soon as it listens'],
    says: /did not start: .*another start is under way/,
    env: LOCK,
  },
  {
    scenario: 'killed-while-stopping',
    bad: 'stop-marker',
    good: 'stops-at-leisure',
    finding: 'the next start',
    cases: ['killed 30 ms into its stop', 'killed 100 ms into its stop'],
    says: /did not start: .*still stopping/,
    env: STATE,
  },
  {
    scenario: 'thrown-error',
    bad: 'swallows-errors',
    good: 'leaves-errors-to-node',
    finding: 'an exception that nobody catches',
    says: /still running/,
  },
];
