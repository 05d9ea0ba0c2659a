/** Every pair: one at least for each fault scenario. Tests, and `npm run soak:proofs`, only. */
import { INSIDE_PAIRS } from '../inside/pairs.ts';
import type { Pair } from './pair.ts';
import { CLIENTS_PAIRS } from './pairs-clients.ts';
import { SIGNALS_PAIRS } from './pairs-signals.ts';
import { CRASH_PAIRS } from './pairs-crash.ts';
import { AROUND_PAIRS } from './pairs-around.ts';

export const PAIRS: readonly Pair[] = [
  ...CLIENTS_PAIRS,
  ...SIGNALS_PAIRS,
  ...CRASH_PAIRS,
  ...AROUND_PAIRS,
  ...INSIDE_PAIRS,
];
