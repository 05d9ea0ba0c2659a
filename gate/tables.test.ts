import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAILURE_MODES } from '../soak/faults/failure-modes.ts';
import { FAULTS } from '../soak/scenarios/fault-list.ts';
import { README } from './readme-block.ts';
import {
  FAULT_LIST,
  renderFaultList,
  renderRulesList,
  rulesList,
  SOAK_README,
  SUITE_NAMES,
  withFaultTables,
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

it('the tables of the soak are those of the code (else: npm run tables)', () => {
  const text = readFileSync(SOAK_README, 'utf8');
  expect(withFaultTables(text)).toBe(text);
});

it('each of the 52 failure modes is looked for somewhere, or it is said why not', () => {
  const provoked = new Set(FAULTS.flatMap(({ modes }) => modes));
  const numbers = Array.from({ length: 52 }, (_, index) => index + 1);
  expect(Object.keys(FAILURE_MODES).map(Number)).toEqual(numbers);
  expect([...provoked].filter((number) => FAILURE_MODES[number] === undefined)).toEqual([]);
  const blank = numbers.filter((number) => {
    const mode = FAILURE_MODES[number];
    return !provoked.has(number) && mode?.elsewhere === undefined && mode?.not === undefined;
  });
  expect(blank).toEqual([]);
});

it('a README without a marker is refused', () => {
  expect(() => withTables('# nothing')).toThrow('no block between');
});
