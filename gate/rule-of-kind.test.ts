/** What is seen at run time is tied to a source rule: the rules that are named exist. */
import { expect, it } from 'vitest';
import { RULES } from '../checks/source/rules.ts';
import { RULE_OF_KIND } from '../harness/resource-catalogue/rule-of-kind.ts';

it('each kind of resource is owned by a rule that there is', () => {
  const known = RULES.map(({ id }) => id);
  for (const rule of Object.values(RULE_OF_KIND)) expect(known).toContain(rule);
});
