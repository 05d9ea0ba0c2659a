/** What a service owes whoever starts it when it cannot: an end, and a reason. Used by scenarios in which it must refuse. */
import { observed, type Judgement } from '../judges/judge.ts';
import type { CaseHistory } from './fault.ts';

/** Lines of a process that ends at its start, by an error that nobody caught among others: that is its right. */
export const REFUSAL_LINES = [
  {
    pattern: "Node\\.js v\\d|Unhandled 'error' event|EADDRINUSE|EACCES|throw er|node:internal|[Uu]ncaught",
    reason: 'it was made to refuse its start',
  },
] as const;

/** Whether its last lines name the reason. Pure. */
export function saysWhy(history: CaseHistory, pattern: RegExp, what: string): Omit<Judgement, 'evidence'>[] {
  const said = observed(history, 'heard').find((fact) => fact.what === 'last words');
  if (said === undefined) return [{ outcome: 'unknown', message: 'its last lines are not on record' }];
  const found = said.words.split(' | ').find((line) => pattern.test(line));
  if (found !== undefined) return [{ outcome: 'pass', message: `it said why: ${found.slice(0, 200)}` }];
  const words = said.words === '' ? 'it said nothing' : `it said: ${said.words.slice(-300)}`;
  return [{ outcome: 'fail', message: `its last lines do not name ${what}; ${words}` }];
}
