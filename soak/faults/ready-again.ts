/** What a service owes when a fault is over: to be ready again. Pure; used by the scenarios whose fault passes. */
import { observed } from '../judges/judge.ts';
import type { CaseOpinion } from './always.ts';
import type { CaseHistory } from './fault.ts';

/** @param after what was over: `after there was room again`. That nobody asked is unknown. */
export function judgeReadyAgain(history: CaseHistory, after: string, withinMs: number): CaseOpinion[] {
  const asked = observed(history, 'readiness-asked').at(-1);
  if (asked === undefined) return [{ outcome: 'unknown', message: `it was not asked ${after}` }];
  if (asked.notAsked !== undefined) return [{ outcome: 'skip', message: asked.notAsked }];
  return asked.ready
    ? [{ outcome: 'pass', message: `ready ${after}` }]
    : [{ outcome: 'fail', message: `not ready ${withinMs} ms ${after}: ${asked.reason}` }];
}
