/**
 * Rewrites that are not the same program for a fixture, each with what is lost. The conformance test demands that each is
 * still needed.
 */
const EXEMPT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'exchange-closed/bad-typed-exchange.ts': {
    'in JavaScript': 'what is an exchange is said by the annotations alone',
  },
  'exchange-closed/bad-some-left-out.ts': {
    'in JavaScript': 'which names there are is said by a type alone',
    outlined: 'the rule looks one call deep here',
  },
  'resource-released/bad-container-service.ts': {
    'in JavaScript': 'what a container injects is said by the types of parameters alone',
  },
  'stop-safe/good-guarded.ts': {
    chained: 'a property of nothing is read before there is a promise to catch on',
  },
  'start-idempotent/bad-memo-of-awaited.ts': { moved: 'the rule looks one call deep here' },
};

/** Why a rewrite of a fixture may change its findings; nothing when it may not. */
export function ruleExemptions(rule: string, fixture: string, rewrite: string): string | undefined {
  return EXEMPT[`${rule}/${fixture}`]?.[rewrite];
}
