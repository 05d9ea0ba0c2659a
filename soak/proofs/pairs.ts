/**
 * A misbehaving service of `fixtures/services` and its healthy twin for each fault scenario: the scenario must be red
 * on the first, in the case that is named, and green on the second. Tests, and `npm run soak:proofs`, only.
 */
import type { UserConfig } from '../../harness/config.ts';
import { INSIDE_PAIRS } from '../inside/pairs.ts';

export interface Pair {
  scenario: string;
  bad: string;
  good: string;
  /** The subject that must fail: a case, `the next start` or `log`. */
  finding: string;
  /** Further cases that it takes: those after which the next start fails. */
  cases?: string[];
  /** Words that the failed verdict must say. */
  says: RegExp;
  /** What both services need. */
  env?: Record<string, string>;
  soak?: UserConfig['soak'];
  /** Whether `dependency.js` runs beside it, as the companion `dependency` on its port `main`. */
  dependency?: true;
}

const LOCK = { LOCK: '{scratch}/lock' };
const STATE = { STATE: '{scratch}/state' };
const WORK = { requestsPerSecond: 100, beforeStopMs: 150, connections: 8, requests: [{ path: '/work' }] };

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
    cases: ['as soon as it listens'],
    says: /did not start: .*somebody is taking the lock/,
    env: LOCK,
  },
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
    cases: ['first kill under load'],
    says: /did not start: .*JSON/,
    env: STATE,
    soak: { load: WORK },
  },
  {
    scenario: 'killed-while-starting',
    bad: 'lock-before-ready',
    good: 'starts-slowly',
    finding: 'the next start',
    cases: ['killed after three quarters'],
    says: /did not start: .*another start is under way/,
    env: LOCK,
  },
  {
    scenario: 'killed-while-stopping',
    bad: 'stop-marker',
    good: 'stops-at-leisure',
    finding: 'the next start',
    cases: ['killed 30 ms into its stop'],
    says: /did not start: .*still stopping/,
    env: STATE,
  },
  {
    scenario: 'closed-output',
    bad: 'needs-its-output',
    good: 'lets-lines-be-lost',
    finding: 'the reader of its output has gone',
    says: /ended unasked|not ready without an output/,
  },
  {
    scenario: 'closed-output',
    bad: 'logs-that-it-cannot-log',
    good: 'lets-lines-be-lost',
    finding: 'the disk under its log is full',
    says: /% of a time in which nothing was to be done/,
  },
  {
    scenario: 'descriptor-limit',
    bad: 'opens-a-file-each-time',
    good: 'well-behaved',
    finding: 'more clients than descriptors',
    says: /ended unasked without a descriptor left/,
  },
  {
    scenario: 'clock-jump',
    bad: 'deadline-by-clock',
    good: 'stops-at-leisure',
    finding: 'an hour back',
    says: /still running/,
  },
  {
    scenario: 'thrown-error',
    bad: 'swallows-errors',
    good: 'leaves-errors-to-node',
    finding: 'an exception that nobody catches',
    says: /still running/,
  },
  ...INSIDE_PAIRS,
  {
    scenario: 'dependency-network',
    bad: 'dies-of-its-dependency',
    good: 'bears-its-dependency',
    finding: 'every connection reset',
    says: /ended unasked while its dependencies could not be reached/,
    env: { DEPENDENCY: '{dependency.main}' },
    dependency: true,
  },
  {
    scenario: 'dependency-network',
    bad: 'waits-for-its-dependency',
    good: 'bears-its-dependency',
    finding: 'nothing comes through',
    says: /still running/,
    env: { DEPENDENCY: '{dependency.main}' },
    dependency: true,
  },
  {
    scenario: 'database-locked',
    bad: 'dies-of-a-locked-database',
    good: 'bears-a-locked-database',
    finding: 'locked while it works, and free again',
    says: /ended unasked while its database was locked/,
    env: { DATABASE: '{scratch}/beats.db' },
    soak: { faults: { database: '{scratch}/beats.db' } },
  },
  {
    scenario: 'database-damaged',
    bad: 'replaces-a-damaged-database',
    good: 'bears-a-locked-database',
    finding: 'the file is no database',
    says: /it was ready .*should have refused.*changed a file/,
    env: { DATABASE: '{scratch}/beats.db' },
    soak: { faults: { database: '{scratch}/beats.db' } },
  },
  {
    scenario: 'disk-full',
    bad: 'dies-of-a-full-disk',
    good: 'bears-a-full-disk',
    finding: 'full under load, and free again',
    says: /ended unasked while its disk was full/,
    env: STATE,
    soak: { load: WORK },
  },
];
