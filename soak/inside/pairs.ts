/** The misbehaving services of the scenarios that look into the process, and their twins. Part of `proofs/pairs.ts`. */
import { fileURLToPath } from 'node:url';
import type { LifecycleMember } from '../../harness/lifecycle-members.ts';
import type { Pair } from '../proofs/pair.ts';

const LOAD = {
  requestsPerSecond: 600,
  beforeStopMs: 100,
  connections: 8,
  requests: [{ path: '/health' }],
};

const PARTS = fileURLToPath(new URL('../../fixtures/services/parts/parts.js', import.meta.url));

const member = (owner: string, name: 'start' | 'stop', isAsync: boolean): LifecycleMember => ({
  id: `parts.js ${owner}.${name}`,
  kind: name,
  file: PARTS,
  owner,
  name,
  location: { file: 'fixtures/services/parts/parts.js', line: 1, column: 1 },
  isAsync,
  givesPromise: isAsync,
});

/** What the source checks would find in `parts.js`. */
const MEMBERS = (['start', 'stop'] as const).flatMap((name) => [
  member('Cache', name, false),
  member('Feed', name, true),
  member('Ledger', name, true),
]);

const parts = (scenario: string, bad: string, finding: string, says: RegExp): Pair => ({
  scenario,
  bad: `parts/${bad}`,
  good: 'parts/orderly',
  finding,
  says,
  members: MEMBERS,
});

export const INSIDE_PAIRS: readonly Pair[] = [
  {
    scenario: 'long-uptime',
    bad: 'leaks-memory',
    good: 'healthy',
    finding: 'steady load',
    says: /\d{3,4}\.\d bytes more of heap for each of \d+ requests/,
    env: { LEAK_BYTES: '1000' },
    soak: { load: LOAD, uptime: { samples: 48, everyMs: 120 } },
  },
  parts('stop-throws', 'stops-unguarded', 'parts.js Cache.stop', /not stopped when .*: parts\.js Feed\.stop/),
  parts(
    'stop-rejects',
    'stops-unguarded',
    'parts.js Feed.stop',
    /not stopped when .*: parts\.js Ledger\.stop/,
  ),
  parts('stop-hangs', 'stops-without-deadline', 'parts.js Feed.stop', /still running/),
  parts('stop-slow', 'gives-up-at-once', 'parts.js Feed.stop', /not stopped when .*: parts\.js Ledger\.stop/),
  parts('start-throws', 'starts-anyway', 'parts.js Cache.start', /said that it is ready/),
  parts('start-rejects', 'starts-anyway', 'parts.js Feed.start', /said that it is ready/),
  parts('start-rejects', 'starts-and-forgets', 'parts.js Ledger.start', /started, and not stopped/),
  parts('start-hangs', 'starts-anyway', 'parts.js Feed.start', /said that it is ready/),
];
