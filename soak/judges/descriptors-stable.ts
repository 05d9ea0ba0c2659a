/** Judge: a life has no more descriptors after load than before. */
import { descriptorGrowth } from '../growth.ts';
import type { Judge } from './judge.ts';
import { judgeStableCount } from './stable-counts.ts';

const judge: Judge = {
  id: 'descriptors-stable',
  title: 'files and sockets that requests open are closed again',
  why: 'descriptors that are never closed add up to EMFILE: the service stops accepting connections after days',
  fix: 'close what a request opens on every path, errors included; limits.descriptorGrowth allows for a known pool',
  judge: (history, limits) =>
    judgeStableCount(history, {
      noun: 'descriptors',
      limit: limits.descriptorGrowth,
      growthOf: (before, after) => descriptorGrowth(before, after, limits.companionSocketGrowth),
    }),
};
export default judge;
