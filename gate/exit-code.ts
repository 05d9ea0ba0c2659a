/** The exit codes: the only place of the repository that chooses one. A count is never an exit code. */
import type { Outcome } from '../harness/verdict.ts';

export const EXIT_CODES = {
  pass: 0,
  fail: 1,
  /** Wrong usage or configuration. */
  usage: 2,
  /** Nothing failed, and something that was promised was not shown. */
  unknown: 3,
  SIGINT: 130,
  SIGTERM: 143,
} as const;

export interface Ending {
  outcome: Outcome;
  /** A usage or configuration error came to light while running. */
  usageError: boolean;
  interruptedBy?: 'SIGINT' | 'SIGTERM' | 'deadline';
}

/** An interruption outranks everything, since the caller asked for it; a usage error outranks the verdicts it spoiled. */
export function exitCodeOf(ending: Ending): number {
  if (ending.interruptedBy === 'SIGINT' || ending.interruptedBy === 'SIGTERM')
    return EXIT_CODES[ending.interruptedBy];
  if (ending.usageError) return EXIT_CODES.usage;
  if (ending.outcome === 'fail') return EXIT_CODES.fail;
  if (ending.outcome === 'pass' && ending.interruptedBy === undefined) return EXIT_CODES.pass;
  return EXIT_CODES.unknown;
}
