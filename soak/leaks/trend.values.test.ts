/** The statistics against published and worked values, and what must hold for any series. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLeak, memoryTrend } from './memory-trend.ts';
import {
  hamedRaoCorrection,
  medianOf,
  normalCdf,
  ranksOf,
  theilSenSlope,
  tiedVariance,
  trendOf,
} from './trend.ts';

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

describe('the statistics', () => {
  it('are those of the table of the normal distribution', () => {
    for (const [z, p] of [
      [0, 0.5],
      [1, 0.841345],
      [1.645, 0.950015],
      [1.96, 0.975002],
      [2.326, 0.98999],
      [-2.576, 0.004998],
    ] as const)
      expect(normalCdf(z)).toBeCloseTo(p, 5);
  });

  it('are those that are published for thirty years of rainfall', () => {
    const { values } = JSON.parse(
      readFileSync(new URL('../../fixtures/leaks/rainfall.json', import.meta.url), 'utf8'),
    ) as { values: number[] };
    const x = upTo(values.length);
    const slope = theilSenSlope(x, values);
    expect(slope).toBeCloseTo(-0.0064516129032258064, 12);
    expect(tiedVariance(values)).toBeCloseTo(4_889_800.333333333, 4);
    expect(trendOf(x, values).s).toBe(-1959);
    expect(tiedVariance(values) * hamedRaoCorrection(x, values, slope)).toBeCloseTo(257_403.38678462413, 2);
    expect(tiedVariance(values) * hamedRaoCorrection(x, values, slope, 3)).toBeCloseTo(
      14_226_812.425138814,
      1,
    );
    // The correction would make it smaller: it is not used against anybody.
    expect(trendOf(x, values).z).toBeCloseTo(-0.8854562842589916, 10);
  });

  it('are those worked by hand for ties', () => {
    // Of 28 pairs 24 rise, two fall, two are equal.
    const y = [10, 12, 11, 14, 14, 16, 15, 16];
    expect(trendOf(upTo(8), y).s).toBe(22);
    // n(n-1)(2n+5) = 1176; two pairs of ties take 2 * 18 away; /18.
    expect(tiedVariance(y)).toBeCloseTo((1176 - 36) / 18, 10);
  });

  it('have the variance of ten values without ties: 125', () => {
    expect(tiedVariance(upTo(10))).toBe(125);
    expect(trendOf(upTo(10), upTo(10))).toMatchObject({ s: 45, slope: 1 });
    expect(trendOf(upTo(10), upTo(10)).z).toBeCloseTo(44 / Math.sqrt(125), 10);
  });

  it("are Sen's slope (1968): the median of the slopes of the pairs, whatever an outlier says", () => {
    // Slopes of the pairs of (1,2) (2,4) (3,5) (4,8): 2, 1.5, 2, 1, 2, 3; median 2.
    expect(theilSenSlope([1, 2, 3, 4], [2, 4, 5, 8])).toBe(2);
    const y = upTo(20).map((x) => 3 * x);
    y[7] = 1e6;
    expect(theilSenSlope(upTo(20), y)).toBeCloseTo(3, 10);
  });

  it('share ranks', () => {
    expect(ranksOf([30, 10, 20, 20])).toEqual([4, 1, 2.5, 2.5]);
    expect(medianOf([4, 1, 3])).toBe(3);
  });

  it('widen the variance of a series that depends on itself', () => {
    const next = noise(7);
    let value = 0;
    const y = upTo(60).map(() => (value = 0.8 * value + next()));
    expect(trendOf(upTo(60), y).correction).toBeGreaterThan(1.5);
  });
});

const series = fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 4, maxLength: 40 });

describe('any series', () => {
  it('turned over, grows as much as it fell', () => {
    fc.assert(
      fc.property(series, (y) => {
        const x = upTo(y.length);
        const [one, other] = [
          trendOf(x, y),
          trendOf(
            x,
            y.map((value) => -value),
          ),
        ];
        expect(other.s).toBe(one.s === 0 ? 0 : -one.s);
        expect(other.slope).toBeCloseTo(-one.slope, 6);
      }),
    );
  });

  it('does not care where it begins, and its slope goes with its size', () => {
    fc.assert(
      fc.property(
        series,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: -1e6, max: 1e6 }),
        (y, size, from) => {
          const x = upTo(y.length);
          const [one, other] = [
            trendOf(x, y),
            trendOf(
              x,
              y.map((value) => value * size + from),
            ),
          ];
          expect(other.s).toBe(one.s);
          expect(other.slope).toBeCloseTo(one.slope * size, 4);
        },
      ),
    );
  });

  it('has a probability, and a correction of at least 1', () => {
    fc.assert(
      fc.property(series, (y) => {
        const { pGrowth, correction } = trendOf(upTo(y.length), y);
        expect(pGrowth).toBeGreaterThanOrEqual(0);
        expect(pGrowth).toBeLessThanOrEqual(1);
        expect(correction).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});

/** Deterministic noise, so that the rates are the same each time. */
function noise(seed: number): () => number {
  let state = seed * 2_654_435_761 + 1;
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** A heap after collection: warm-up that levels off, noise that depends on itself, and a leak. */
function heap(seed: number, bytesPerRequest: number, samples = 60): { requests: number; bytes: number }[] {
  const next = noise(seed);
  let drift = 0;
  return Array.from({ length: samples }, (_, index) => {
    drift = 0.6 * drift + next() * 12_000;
    const requests = index * 250;
    return { requests, bytes: 2e7 + 1.5e6 * (1 - Math.exp(-index / 6)) + drift + bytesPerRequest * requests };
  });
}

describe('the verdict on memory', () => {
  const alarms = (bytesPerRequest: number): number =>
    upTo(200).filter((seed) => {
      const trend = memoryTrend(heap(seed, bytesPerRequest));
      return trend !== undefined && isLeak(trend, 40);
    }).length;

  it('raises a false alarm in 2 % of simulated clean services at most, and finds 100 bytes a request in 90 %', () => {
    expect(alarms(0)).toBeLessThanOrEqual(4);
    expect(alarms(100)).toBeGreaterThanOrEqual(180);
    expect(alarms(1_000)).toBe(200);
  });

  it('is none where there are too few samples, and takes a baseline off', () => {
    expect(memoryTrend(heap(1, 100, 40))).toBeUndefined();
    const trend = memoryTrend(heap(1, 1_000));
    expect(trend && isLeak(trend, 40)).toBe(true);
    expect(trend && isLeak(trend, 40, 1_000)).toBe(false);
  });
});
