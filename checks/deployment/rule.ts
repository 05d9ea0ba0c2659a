/** What a rule on deployment files is, and what it is given: parsed files and what tools said of them. No disk, no process. */
import type { Examination, Examine } from '../source/rule.ts';
import type { Deployment } from './deployment.ts';

export interface DeploymentRuleContext<MessageId extends string = string> {
  deployment: Deployment;
  examine: Examine<MessageId>;
}

export interface DeploymentRule<MessageId extends string = string> {
  /** The file's name: the state that must hold. */
  id: string;
  title: string;
  /** What happens in production when it does not hold. */
  why: string;
  /** What to write instead. */
  fix: string;
  /** What was seen, then what to do; `{name}` is filled in. */
  messages: Record<MessageId, string>;
  /** What the rule cannot judge without and is not there, in words; it is skipped then. */
  missing?(deployment: Deployment): string | undefined;
  check(context: DeploymentRuleContext<MessageId>): void;
}

export type AnyDeploymentRule = DeploymentRule<string>;

/** Types a rule; the message ids follow from `messages`. */
export function defineDeploymentRule<const MessageId extends string>(
  rule: DeploymentRule<MessageId>,
): AnyDeploymentRule {
  return {
    ...rule,
    check: ({ examine, ...context }) =>
      rule.check({ ...context, examine: (subject) => examine(subject) as Examination<MessageId> }),
  };
}
