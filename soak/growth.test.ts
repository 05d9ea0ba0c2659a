import { describe, expect, it } from 'vitest';
import type { ProcessSample, Reading } from '../harness/observation.ts';
import { COMPANION_SOCKET, descriptorGrowth, PROXY_SOCKET } from './growth.ts';

const none: Reading<never> = { readable: false, reason: 'not looked at' };
const sample = (byKind: Record<string, number>): ProcessSample => ({
  descriptors: { readable: true, value: { total: 0, byKind } },
  sockets: none,
  children: none,
  threads: none,
  rssBytes: none,
});

describe('the growth of descriptors', () => {
  const ready = sample({ socket: 2, file: 5, [COMPANION_SOCKET]: 3 });

  it('counts each kind by itself', () => {
    expect(descriptorGrowth(ready, sample({ socket: 4, file: 4, pipe: 1 }))).toEqual({
      readable: true,
      value: { count: 3, what: 'socket +2, pipe +1' },
    });
  });

  it.each([
    [11, 0, ''],
    [12, 9, 'socket to a companion +9'],
  ])('lets a pool of connections to companions breathe, and no more: %i', (after, count, what) => {
    const quiet = sample({ socket: 2, file: 5, [COMPANION_SOCKET]: after });
    expect(descriptorGrowth(ready, quiet, 8)).toEqual({ readable: true, value: { count, what } });
  });

  it('leaves to the proxy before the service how many connections it keeps, and to nobody else', () => {
    expect(descriptorGrowth(ready, sample({ socket: 3, file: 5, [PROXY_SOCKET]: 32 }))).toEqual({
      readable: true,
      value: { count: 1, what: 'socket +1' },
    });
  });

  it('is unreadable when one look is', () => {
    expect(descriptorGrowth(ready, { ...ready, descriptors: none })).toEqual(none);
  });
});
