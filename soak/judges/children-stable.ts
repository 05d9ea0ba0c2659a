/** Judge: a life has no more child processes after load than before. */
import { childGrowth } from '../growth.ts';
import type { Judge } from './judge.ts';
import { judgeStableCount } from './stable-counts.ts';

const judge: Judge = {
  id: 'children-stable',
  title: 'child processes that requests start have ended',
  why: 'children (and zombies) that are never collected use up the process table and memory',
  fix: 'wait for the exit of every child that is started; limits.childGrowth allows for a known pool',
  judge: (history, limits) =>
    judgeStableCount(history, { noun: 'child processes', limit: limits.childGrowth, growthOf: childGrowth }),
};
export default judge;
