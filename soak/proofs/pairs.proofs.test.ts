/** Each fault scenario is red on a service that misbehaves in its way, and green on the healthy twin. */
import { describe, expect, it } from 'vitest';
import { FAULTS } from '../scenarios/fault-list.ts';
import { PAIRS } from './pairs.ts';
import { doubtsAbout } from './prove.ts';

describe('a fault scenario', () => {
  it.concurrent.each(PAIRS.map((pair) => [pair.scenario, pair.bad, pair] as const))(
    '%s is red on %s, and green on its twin',
    async (_scenario, _bad, pair) => {
      expect(await doubtsAbout(pair, false)).toEqual([]);
    },
  );

  it('has a pair, each of them', () => {
    const proved = new Set(PAIRS.map(({ scenario }) => scenario));
    expect(FAULTS.map(({ name }) => name).filter((name) => !proved.has(name))).toEqual([]);
  });
});
