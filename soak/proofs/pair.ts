/**
 * A misbehaving service of `fixtures/services` and its healthy twin: the scenario must be red on the first, in the case
 * that is named, and green on the second. Tests, and `npm run soak:proofs`, only.
 */
import type { UserConfig } from '../../harness/config.ts';
import type { LifecycleMember } from '../../harness/lifecycle-members.ts';

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
  /** The starts and stops that the source would show. */
  members?: readonly LifecycleMember[];
  /** Whether `dependency.js` runs beside it, as the companion `dependency` on its port `main`. */
  dependency?: true;
}
