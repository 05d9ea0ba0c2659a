/** The misbehaving services of the scenarios that look into the process, and their twins. Part of `proofs/pairs.ts`. */
import type { Pair } from '../proofs/pairs.ts';

const LOAD = {
  requestsPerSecond: 300,
  beforeStopMs: 100,
  connections: 8,
  requests: [{ path: '/health' }],
};

export const INSIDE_PAIRS: readonly Pair[] = [
  {
    scenario: 'long-uptime',
    bad: 'leaks-memory',
    good: 'healthy',
    finding: 'steady load',
    says: /1\d\d\.\d bytes more of heap for each of \d+ requests/,
    env: { LEAK_BYTES: '100' },
    soak: { load: LOAD, uptime: { samples: 48, everyMs: 200 } },
  },
];
