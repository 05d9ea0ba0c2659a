/**
 * Whether a process that runs for long grows: the least that was seen in each part of the window, from part to part. A
 * count that rises and falls with the work has a floor that stays. Pure; asked by `look-at-process.ts`.
 */
import type { WatchConfig } from '../../harness/config/watch.ts';

export const MEASURES = ['descriptors', 'children', 'memoryBytes'] as const;
export type Measure = (typeof MEASURES)[number];

/** The least of each measure in one part of the window. */
export interface Block {
  fromMs: number;
  least: Partial<Record<Measure, number>>;
}

/** One life of the watched process. */
export interface LifeRecord {
  /** Pid and start time: a pid alone is given away again. */
  identity: string;
  pid: number;
  since: string;
  /** Which start of the watch has seen it last. */
  seenIn: number;
  /** When it was seen last. */
  seenAt?: string;
  blocks: Block[];
}

/** A window has so many parts; the first of a life is its warm-up. */
export const BLOCKS = 48;
const LEAST_BLOCKS = 8;
/** Of all pairs of parts, so many must rise: chance gives half. */
const RISING = 0.9;

export type Trend =
  | { kind: 'early'; blocks: number; needed: number }
  | { kind: 'steady'; from: number; to: number }
  | { kind: 'growing'; from: number; to: number };

export function noteSample(life: LifeRecord, sample: Block['least'], nowMs: number, windowMs: number): void {
  const last = life.blocks.at(-1);
  if (last === undefined || nowMs >= last.fromMs + windowMs / BLOCKS) {
    life.blocks = [...life.blocks, { fromMs: nowMs, least: sample }].slice(-BLOCKS);
    return;
  }
  for (const measure of MEASURES) {
    const value = sample[measure];
    if (value !== undefined) last.least[measure] = Math.min(value, last.least[measure] ?? value);
  }
}

/** Over the last half of the life: what fills up after a start is no leak. */
export function trendOf(life: LifeRecord, measure: Measure, floors: WatchConfig['growth']): Trend {
  // The part that is not over yet has not seen its least.
  const whole = life.blocks.slice(1, -1).flatMap(({ least }) => least[measure] ?? []);
  if (whole.length < LEAST_BLOCKS) return { kind: 'early', blocks: whole.length, needed: LEAST_BLOCKS };
  const values = whole.slice(-Math.max(LEAST_BLOCKS, Math.ceil(whole.length / 2)));
  const from = values[0] ?? 0;
  const to = values.at(-1) ?? 0;
  const pairs = values.flatMap((one, index) =>
    values.slice(index + 1).map((other) => Math.sign(other - one)),
  );
  const rising = pairs.filter((sign) => sign > 0).length / pairs.length;
  return { kind: rising >= RISING && to - from >= floors[measure] ? 'growing' : 'steady', from, to };
}
