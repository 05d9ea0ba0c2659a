import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { plainUnit } from './units-under-test.ts';

const installed = readFileSync(
  new URL('../../deployment/units/paper-trading.service', import.meta.url),
  'utf8',
);

it('takes the socket and the drain from the unit as it is installed, and leaves the rest', () => {
  const plain = plainUnit(installed, '10.77.1.2');
  expect(plain).not.toContain('paper-trading.socket');
  expect(plain).toContain('\nKillSignal=SIGKILL\n');
  expect(plain).toContain('\nEnvironment=HOST=10.77.1.2\nEnvironment=PORT=3001\n');
  expect(plain).toContain('\nStateDirectory=paper-trading-plain\n');
  expect(plain).toContain('\nType=notify\n');
});

it('does not make a unit that is not what it says', () => {
  const changed = installed.replace('Requires=paper-trading.socket', 'Wants=paper-trading.socket');
  expect(() => plainUnit(changed, '10.77.1.2')).toThrow('correct the edit');
});
