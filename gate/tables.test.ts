import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { README } from './readme-block.ts';
import {
  FAULT_LIST,
  renderFaultList,
  renderRulesList,
  rulesList,
  SUITE_NAMES,
  withTables,
} from './tables.ts';

it('the tables of the README are those of the code (else: npm run tables)', () => {
  const text = readFileSync(README, 'utf8');
  expect(withTables(text)).toBe(text);
});

it.each(SUITE_NAMES)('the list of the %s rules is that of the folder (else: npm run tables)', (suite) => {
  expect(readFileSync(rulesList(suite), 'utf8')).toBe(renderRulesList(suite));
});

it('the list of the fault scenarios is that of the folder (else: npm run tables)', () => {
  expect(readFileSync(FAULT_LIST, 'utf8')).toBe(renderFaultList());
});

it('a README without a marker is refused', () => {
  expect(() => withTables('# nothing')).toThrow('no block between');
});
