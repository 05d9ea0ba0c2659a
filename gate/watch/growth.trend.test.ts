/** What counts as growth of a process that runs for long, and what does not. */
import { expect, it } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import { BLOCKS, noteSample, trendOf, type LifeRecord } from './growth.ts';

const floors = configSchema.parse({ watch: {} }).watch?.growth ?? {
  descriptors: 0,
  children: 0,
  memoryBytes: 0,
};
const WINDOW_MS = 48_000;
const PART_MS = WINDOW_MS / BLOCKS;

function life(parts: number, descriptorsAt: (part: number, look: number) => number): LifeRecord {
  const record: LifeRecord = { identity: '1 1', pid: 1, since: '', seenIn: 1, blocks: [] };
  for (let part = 0; part < parts; part += 1)
    for (let look = 0; look < 4; look += 1)
      noteSample(record, { descriptors: descriptorsAt(part, look) }, part * PART_MS + look * 200, WINDOW_MS);
  return record;
}
const kindOf = (parts: number, descriptorsAt: (part: number, look: number) => number): string =>
  trendOf(life(parts, descriptorsAt), 'descriptors', floors).kind;

it('is a floor that rises from part to part, by more than nothing', () => {
  expect(kindOf(30, (part, look) => 20 + 3 * part + 10 * (look % 3))).toBe('growing');
  expect(kindOf(30, (part) => 20 + Math.floor(part / 10))).toBe('steady');
});

it('is not load that comes and goes, a warm-up, or a single step', () => {
  expect(kindOf(30, (_part, look) => 20 + 100 * (look % 3))).toBe('steady');
  expect(kindOf(30, (part) => 20 + Math.min(part, 10) * 10)).toBe('steady');
  expect(kindOf(30, (part) => (part > 20 ? 90 : 20))).toBe('steady');
});

it('is not known before there are enough parts, and old parts fall away', () => {
  expect(kindOf(5, (part) => 20 + 10 * part)).toBe('early');
  expect(life(200, () => 1).blocks).toHaveLength(BLOCKS);
});
