import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { README, withTables } from './tables.ts';

it('the tables of the README are those of the code (else: npm run tables)', () => {
  const text = readFileSync(README, 'utf8');
  expect(withTables(text)).toBe(text);
});

it('a README without a marker is refused', () => {
  expect(() => withTables('# nothing')).toThrow('no block between');
});
