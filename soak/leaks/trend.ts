/**
 * Whether a series grows: Mann-Kendall for whether, Theil-Sen for how fast. Pure. Used by `judges/memory-flat.ts`.
 *
 * Mann-Kendall alone is prone to false alarms where values depend on those before them, as memory does (Machida, Andrzejak,
 * Matias, Vicente: On the effectiveness of Mann-Kendall test for detection of software aging, ISSRE workshops 2013). The
 * variance is therefore corrected for autocorrelation (Hamed, Rao: A modified Mann-Kendall trend test for autocorrelated
 * data, Journal of Hydrology 204, 1998, 182-196). The slope is the median of the slopes of all pairs (Theil 1950; Sen:
 * Estimates of the regression coefficient based on Kendall's tau, JASA 63, 1968, 1379-1389): up to 29 % of outliers do not
 * move it.
 */

export interface Trend {
  /** Points that were tested. */
  points: number;
  /** The sum of signs of all pairs. */
  s: number;
  /** Standard normal under no trend, the correction in it. */
  z: number;
  /** One-sided: the probability of such growth without a trend. */
  pGrowth: number;
  /** By how much autocorrelation widens the variance; 1: not at all. */
  correction: number;
  /** Units of y for one of x. */
  slope: number;
}

/** The trend of `y` over `x`, both of one length, in the order of x. @throws with fewer than four points. */
export function trendOf(x: readonly number[], y: readonly number[]): Trend {
  const points = y.length;
  if (points !== x.length) throw new Error(`${points} values for ${x.length} times; expected one for each`);
  if (points < 4) throw new Error(`a trend needs four points at least; there are ${points}`);
  const s = signSum(y);
  const slope = theilSenSlope(x, y);
  // Never below 1: it is to prevent alarms, not to raise them.
  const correction = Math.max(1, hamedRaoCorrection(x, y, slope));
  const variance = tiedVariance(y) * correction;
  // Continuity: s is whole and of one parity.
  const z = s === 0 || variance <= 0 ? 0 : (s - Math.sign(s)) / Math.sqrt(variance);
  return { points, s, z, pGrowth: 1 - normalCdf(z), correction, slope };
}

function signSum(y: readonly number[]): number {
  let s = 0;
  for (let i = 0; i < y.length; i += 1)
    for (let j = i + 1; j < y.length; j += 1) s += Math.sign((y[j] ?? 0) - (y[i] ?? 0));
  return s;
}

/** The variance of s without a trend, with the correction for equal values. */
export function tiedVariance(y: readonly number[]): number {
  const n = y.length;
  const counts = new Map<number, number>();
  for (const value of y) counts.set(value, (counts.get(value) ?? 0) + 1);
  let ties = 0;
  for (const count of counts.values()) ties += count * (count - 1) * (2 * count + 5);
  return (n * (n - 1) * (2 * n + 5) - ties) / 18;
}

/** Median of the slopes of all pairs with different x. */
export function theilSenSlope(x: readonly number[], y: readonly number[]): number {
  const slopes: number[] = [];
  for (let i = 0; i < y.length; i += 1) {
    for (let j = i + 1; j < y.length; j += 1) {
      const dx = (x[j] ?? 0) - (x[i] ?? 0);
      if (dx !== 0) slopes.push(((y[j] ?? 0) - (y[i] ?? 0)) / dx);
    }
  }
  return medianOf(slopes);
}

/**
 * n/n* of Hamed and Rao (1998, equation 5): the autocorrelation of the ranks of what is left when the trend is taken out,
 * those lags only, up to `maxLag`, whose correlation is significant at 5 %.
 */
export function hamedRaoCorrection(
  x: readonly number[],
  y: readonly number[],
  slope: number,
  maxLag: number = y.length - 1,
): number {
  const n = y.length;
  const ranks = ranksOf(y.map((value, index) => value - slope * (x[index] ?? 0)));
  const bound = 1.96 / Math.sqrt(n);
  let sum = 0;
  for (let lag = 1; lag <= maxLag; lag += 1) {
    const rho = autocorrelation(ranks, lag);
    if (Math.abs(rho) > bound) sum += (n - lag) * (n - lag - 1) * (n - lag - 2) * rho;
  }
  return 1 + (2 / (n * (n - 1) * (n - 2))) * sum;
}

function autocorrelation(values: readonly number[], lag: number): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let over = 0;
  let under = 0;
  for (let i = 0; i < values.length; i += 1) {
    const here = (values[i] ?? 0) - mean;
    under += here * here;
    if (i + lag < values.length) over += here * ((values[i + lag] ?? 0) - mean);
  }
  return under === 0 ? 0 : over / under;
}

/** Ranks from 1; equal values share the mean of theirs. */
export function ranksOf(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const ranks = new Array<number>(values.length).fill(0);
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end + 1 < order.length && order[end + 1]?.value === order[start]?.value) end += 1;
    for (let at = start; at <= end; at += 1) ranks[order[at]?.index ?? 0] = (start + end) / 2 + 1;
    start = end + 1;
  }
  return ranks;
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** Abramowitz and Stegun 26.2.17, wrong by 7.5e-8 at most. */
export function normalCdf(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly;
  return z >= 0 ? 1 - tail : tail;
}
