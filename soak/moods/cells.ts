/** The cells of the scenario companion-moods: each subject in each mood, one life of the service each. Pure. */
import { mapTexts } from '../../harness/companions/placeholders.ts';
import type { MoodsConfig } from '../../harness/config/moods.ts';

export interface Cell {
  /** Counts from 1, row by row; the `cycle` of its observations. */
  cycle: number;
  subject: string;
  mood: string;
}

/** Every cell, in the order in which they run. */
export function cellsOf({ subjects, moods }: Pick<MoodsConfig, 'subjects' | 'moods'>): Cell[] {
  const pairs = subjects.flatMap((subject) => moods.map((mood) => ({ subject, mood })));
  return pairs.map((pair, index) => ({ cycle: index + 1, ...pair }));
}

/** How a verdict names a cell: `luno 429`. */
export function cellName({ subject, mood }: Omit<Cell, 'cycle'>): string {
  return `${subject} ${mood}`;
}

/** The log of one life, and of nothing else: `mood-07-luno-429.log`. */
export function cellLog({ cycle, subject, mood }: Cell): string {
  return `mood-${String(cycle).padStart(2, '0')}-${subject}-${mood}.log`;
}

/** A part of the configuration with `{subject}` and `{mood}` filled in. */
export function fillCell<T>(value: T, { subject, mood }: Omit<Cell, 'cycle'>): T {
  return mapTexts(value, (text) => text.replaceAll('{subject}', subject).replaceAll('{mood}', mood));
}
