/**
 * Every rule against its fixtures, rewritten: another spelling of the same program gives the same findings.
 * CI asks each rule with a third of the rewrites, and each rewrite with a third of the rules; `npm run test:rewrites`
 * asks all.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { AnyRule } from './rule.ts';
import { RULES } from './rules.ts';
import { ruleExemptions } from './testing/exemptions.ts';
import { REWRITES } from './testing/rewrites.ts';
import { type Fixture, readFixtures, tally, Workshop } from './testing/rule-fixtures.ts';

const workshop = new Workshop();
afterAll(() => workshop[Symbol.dispose]());

/** What is found in the fixtures as they are, by rule and name: each is asked once. */
const asWritten = new Map<string, string>();

async function found(rule: AnyRule, fixture: Fixture): Promise<string> {
  const key = `${rule.id}/${fixture.name}`;
  const known = asWritten.get(key) ?? tally(await workshop.findings(rule, fixture)).join(', ');
  asWritten.set(key, known);
  return known;
}

const SHARE = process.env['ALL_REWRITES'] === 'yes' ? 1 : 3;

describe('rewrites change nothing', () => {
  for (const [row, rule] of RULES.entries())
    for (const [column, [kind, rewrite]] of Object.entries(REWRITES).entries()) {
      if ((row + column) % SHARE !== 0) continue;
      it(`${rule.id} ${kind}`, async () => {
        const wrong: string[] = [];
        for (const fixture of readFixtures(rule.id)) {
          const rewritten = await rewrite(fixture);
          if (!rewritten) continue;
          const before = await found(rule, fixture);
          const after = tally(await workshop.findings(rule, rewritten)).join(', ');
          const exempt = ruleExemptions(rule.id, fixture.name, kind);
          if ((before === after) === (exempt === undefined)) continue;
          const text = [...rewritten.files].map(([name, content]) => `--- ${name}\n${content}`).join('\n');
          wrong.push(
            exempt === undefined
              ? `${fixture.name}: found [${before}], rewritten [${after}]${process.env['SHOW_REWRITES'] ? `\n${text}` : ''}`
              : `${fixture.name}: is exempt (${exempt}) and need not be`,
          );
        }
        expect(wrong.join('\n')).toBe('');
      });
    }
});
