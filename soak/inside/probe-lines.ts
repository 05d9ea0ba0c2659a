/** The lines that the probe writes (`soak/preload/probe.cjs`), as data. Read by `probe.ts`. */
import type { FaultHow, HeapSample, LookMoment } from '../../harness/observations/inside.ts';

/** `[function, file, line, column]`. */
export type RawFrame = [string, string, number, number];

/** One thing that was followed. */
export interface RawThing {
  opens: string;
  holds?: boolean;
  detail?: string;
  dueInMs?: number;
  port?: number;
  frames: RawFrame[];
  /** The same frames in the file that this one was made from, where the service's Node knows it. */
  origins?: (RawFrame | null)[];
}

export interface RawSeen {
  open: RawThing[];
  /** How many of each kind keep the loop alive, as Node calls them; absent on an old Node. */
  active?: Record<string, number>;
  /** Absent where there is no /proc. */
  files?: { path: string; frames: RawFrame[]; origins?: (RawFrame | null)[] }[];
  listeners: number;
  /** What only async_hooks has seen. */
  more?: RawThing[];
}

export type ProbeLine = { atMs: number } & (
  | { said: 'loaded'; pid: number; node: string; mode: string }
  | { said: 'broken' | 'deaf' | 'blind'; reason: string }
  | {
      said: 'look';
      moment: LookMoment;
      word?: string;
      loop?: { maxMs: number; starvedMs: number };
      seen: RawSeen;
      code?: number | string;
      by?: RawFrame[];
    }
  | { said: 'heap'; word?: string; heap: HeapSample }
  | { said: 'warning'; name: string; code?: string; message?: string; stack?: string }
  | { said: 'rejection' | 'exception'; message?: string; stack?: string }
  | { said: 'armed'; id: string; file: string }
  | { said: 'unarmed'; id: string; reason: string }
  | { said: 'called'; id: string; how: FaultHow | 'pass'; call: number }
  | { said: 'exit'; code: number }
);

export type ProbeLineOf<S extends ProbeLine['said']> = Extract<ProbeLine, { said: S }>;

/** Whole lines; one that is cut off, or is none, is left out and counted. */
export function parseProbeLines(text: string): { lines: ProbeLine[]; damaged: number } {
  const lines: ProbeLine[] = [];
  let damaged = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      lines.push(JSON.parse(line) as ProbeLine);
    } catch {
      damaged += 1; // the process was killed in the middle of it
    }
  }
  return { lines, damaged };
}
