/** Pairs for the faults by clients. See `pair.ts`. */
import type { Pair } from './pair.ts';

export const CLIENTS_PAIRS: readonly Pair[] = [
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
];
