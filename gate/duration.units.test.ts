/** Durations as they are written on the command line. */
import { expect, it } from 'vitest';
import { durationMs } from './duration.ts';

it.each([
  ['250ms', 250],
  ['90s', 90_000],
  ['1.5m', 90_000],
  ['24h', 86_400_000],
  ['1d', 86_400_000],
])('%s is %d ms', (text, ms) => expect(durationMs(text)).toBe(ms));

it.each(['', '5', '0s', '-1s', '1w', 'soon', '1s2'])('"%s" is none', (text) =>
  expect(() => durationMs(text)).toThrow('expected a duration'),
);
