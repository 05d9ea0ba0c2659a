/** The resolver's own variable is set before the first lookup, and never over what the operator says. */
import { expect, it } from 'vitest';
import { boundLookups, isLookingUp } from '../src/lookups.ts';

it.each([
  [undefined, 'timeout:1 attempts:1'],
  ['timeout:3', 'timeout:3'],
  ['', ''],
])('RES_OPTIONS %j becomes %j', (before, after) => {
  const env: Record<string, string | undefined> = before === undefined ? {} : { RES_OPTIONS: before };
  boundLookups(env);
  expect(env).toEqual({ RES_OPTIONS: after });
});

it('a lookup under way is told from what was left open', () => {
  expect(isLookingUp(['TCPSocketWrap', 'GetAddrInfoReqWrap'])).toBe(true);
  expect(isLookingUp(['TCPSocketWrap', 'Timeout'])).toBe(false);
});
