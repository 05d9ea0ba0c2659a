/** The misbehaving services of the scenarios that look into the process, and their twins. Part of `proofs/pairs.ts`. */
import type { Pair } from '../proofs/pair.ts';

const LOAD = {
  requestsPerSecond: 600,
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
    says: /\d{3,4}\.\d bytes more of heap for each of \d+ requests/,
    env: { LEAK_BYTES: '1000' },
    soak: { load: LOAD, uptime: { samples: 48, everyMs: 120 } },
  },
];
