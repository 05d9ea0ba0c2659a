/** What a rule is, and what it is given. Rules see facts and the graph, never syntax nodes. */
import type { Location, PathStep } from '../../harness/verdict.ts';
import type { Given, Need } from './given.ts';
import type { Graph } from './graph/graph.ts';
import type { TypeOracle } from './types/oracle.ts';

/** Words that a message's `{places}` are filled with. */
export type MessageData = Record<string, string | number>;

/** The handle of one subject. It must be closed exactly once; one that is left open becomes `unknown`. */
export interface Examination<MessageId extends string = string> {
  pass(): void;
  fail(messageId: MessageId, data?: MessageData, path?: PathStep[]): void;
  /** `because`: the rule whose finding explains it, so that one cause is told once. */
  unknown(reason: string, because?: string): void;
}

export interface Subject {
  /** In words that do not change when lines move: `src/main.ts Lifecycle.stop: server.close()`. */
  subject: string;
  location: Location;
}

export type Examine<MessageId extends string = string> = (subject: Subject) => Examination<MessageId>;

export interface RuleContext<MessageId extends string = string> {
  graph: Graph;
  types: TypeOracle;
  /** What stands beside the source; all that the rule `needs` is there. */
  given: Given;
  examine: Examine<MessageId>;
}

export interface Rule<MessageId extends string = string> {
  /** The file's name: the state that must hold. */
  id: string;
  title: string;
  /** What happens in production when it does not hold. */
  why: string;
  /** What to write instead. */
  fix: string;
  /** What was seen, then what to do; `{name}` is filled in. */
  messages: Record<MessageId, string>;
  /** What the rule cannot judge without; it is skipped where that is not there. */
  needs?: readonly Need[];
  check(context: RuleContext<MessageId>): void;
}

/** A rule as the runner holds it: its message ids are strings. */
export type AnyRule = Rule<string>;

/** Types a rule; the message ids follow from `messages`. */
export function defineRule<const MessageId extends string>(rule: Rule<MessageId>): AnyRule {
  return {
    ...rule,
    check: ({ examine, ...context }) =>
      rule.check({ ...context, examine: (subject) => examine(subject) as Examination<MessageId> }),
  };
}
