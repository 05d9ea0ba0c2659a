/** Pairs for the faults of what is around a service: host, clock, dependencies. See `pair.ts`. */
import type { Pair } from './pair.ts';

const STATE = { STATE: '{scratch}/state' };
const WORK = { requestsPerSecond: 100, beforeStopMs: 150, connections: 8, requests: [{ path: '/work' }] };

export const AROUND_PAIRS: readonly Pair[] = [
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
    says: /ended unasked (without a descriptor left|while a client connected)/,
  },
  {
    scenario: 'clock-jump',
    bad: 'deadline-by-clock',
    good: 'stops-at-leisure',
    finding: 'an hour back',
    says: /still running/,
  },
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
