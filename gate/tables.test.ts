import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { README, renderRulesList, RULES_LIST, withTables } from './tables.ts';

it('the tables of the README are those of the code (else: npm run tables)', () => {
  const text = readFileSync(README, 'utf8');
  expect(withTables(text)).toBe(text);
});

it('the list of the rules is that of the folder (else: npm run tables)', () => {
  expect(readFileSync(RULES_LIST, 'utf8')).toBe(renderRulesList());
});

it('a README without a marker is refused', () => {
  expect(() => withTables('# nothing')).toThrow('no block between');
});
