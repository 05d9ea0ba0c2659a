/**
 * The trend of memory over requests: the first half is warm-up and left out; of what is left, the smallest value of each
 * block counts, as a collection that came late is no growth. Pure. Used by the scenario `long-uptime` and by `power.ts`.
 */
import type { HeapSample } from '../../harness/observations/inside.ts';
import { trendOf, type Trend } from './trend.ts';

export interface MemoryPoint {
  /** Requests that had been answered by then. */
  requests: number;
  bytes: number;
}

export interface MemoryTrend extends Trend {
  /** The slope: bytes more for each request. */
  bytesPerRequest: number;
  /** Requests between the first and the last point that was tested. */
  requests: number;
}

/** Neighbouring samples that make one point. */
export const BLOCK = 3;
/** The fewest points with which the test can tell anything. */
export const LEAST_POINTS = 8;
/** Growth over all requests that were tested, in bytes, below which the heap only breathes. */
export const LEAST_GROWTH_BYTES = 100_000;
/** What may be a chance, one-sided. */
export const SIGNIFICANCE = 0.01;

/** What a service keeps: its heap without the code that V8 compiles in it, and its buffers. */
export function dataBytes({ heapUsedBytes, codeBytes = 0, externalBytes }: HeapSample): number {
  return heapUsedBytes - codeBytes + externalBytes;
}

export function memoryTrend(points: readonly MemoryPoint[]): MemoryTrend | undefined {
  const late = points.slice(Math.floor(points.length / 2));
  const blocks: MemoryPoint[] = [];
  for (let at = 0; at + BLOCK <= late.length; at += BLOCK)
    blocks.push(late.slice(at, at + BLOCK).reduce((low, each) => (each.bytes < low.bytes ? each : low)));
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (first === undefined || last === undefined || blocks.length < LEAST_POINTS) return undefined;
  const trend = trendOf(
    blocks.map(({ requests }) => requests),
    blocks.map(({ bytes }) => bytes),
  );
  return { ...trend, bytesPerRequest: trend.slope, requests: last.requests - first.requests };
}

/** Growth that is no chance and not too small to matter. `baseline`: bytes per request of a run that is known to be clean. */
export function isLeak(trend: MemoryTrend, floorBytes: number, baseline = 0): boolean {
  const growth = trend.bytesPerRequest - Math.max(0, baseline);
  return trend.pGrowth < SIGNIFICANCE && growth > floorBytes && growth * trend.requests > LEAST_GROWTH_BYTES;
}
