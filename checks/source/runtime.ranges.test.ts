import { describe, expect, it } from 'vitest';
import { runtimeOf } from './runtime.ts';

const oldest = (range: string): number | undefined =>
  runtimeOf('package.json', `{\n  "name": "x",\n  "engines": { "node": ${JSON.stringify(range)} }\n}`)
    ?.oldestMajor;

describe('the oldest Node of a package', () => {
  it.each([
    ['>=18', 18],
    ['>= 18.2.0', 18],
    ['>=18 <23', 18],
    ['^20.1 || >=22', 20],
    ['20.x', 20],
    ['v16', 16],
    ['22', 22],
  ])('%s', (range, major) => expect(oldest(range)).toBe(major));

  it.each(['*', '<20', 'lts/*', ''])('%s says nothing', (range) => expect(oldest(range)).toBeUndefined());

  it('is said where it is written', () => {
    const found = runtimeOf('package.json', '{\n  "name": "x",\n  "engines": { "node": ">=18" }\n}');
    expect(found).toMatchObject({ location: { line: 3 }, words: 'engines.node ">=18"' });
    expect(runtimeOf('package.json', '{')).toBeUndefined();
  });
});
