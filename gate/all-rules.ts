/** The rules of both engines, as the words that people read and write: for lists, explanations, settings and SARIF. */
import { DEPLOYMENT_RULES } from '../checks/deployment/rules.ts';
import type { AnyRule } from '../checks/source/rule.ts';
import { RULES } from '../checks/source/rules.ts';

export type RuleWords = Pick<AnyRule, 'id' | 'title' | 'why' | 'fix' | 'messages'>;

export const ALL_RULES: readonly RuleWords[] = [...RULES, ...DEPLOYMENT_RULES];

/** How a comment begins in the files that a rule is about. */
export const commentOf = (id: string): string => (RULES.some((rule) => rule.id === id) ? '//' : '#');
