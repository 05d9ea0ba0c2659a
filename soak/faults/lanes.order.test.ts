import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { inLanes } from './lanes.ts';

it('does everything once, never more at a time than there are lanes', async () => {
  const done: number[] = [];
  let under = 0;
  let most = 0;
  await inLanes([5, 1, 4, 2, 3], 2, async (ms) => {
    most = Math.max(most, (under += 1));
    await pause(ms);
    under -= 1;
    done.push(ms);
  });
  expect([done.toSorted(), most]).toEqual([[1, 2, 3, 4, 5], 2]);
});

it('throws the first error when no lane is at work any more, and takes nothing up after it', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    await pause(item);
    if (item === 1) throw new Error('one');
    ended.push(item);
  };
  await expect(inLanes([1, 20, 3], 2, work)).rejects.toThrow('one');
  expect([begun, ended]).toEqual([[1, 20], [20]]);
});
