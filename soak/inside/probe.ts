/**
 * One life seen from inside: makes the folder that the preload reads and writes, asks it through a unix socket, and reads
 * what it said. Opened by scenarios before a start. What was not said is unreadable, never empty.
 */
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deadlineIn, poll } from '../../harness/deadline.ts';
import type { WrappedMember } from '../../harness/lifecycle-members.ts';
import type { FaultHow, HeapSample, InsideLook } from '../../harness/observations/inside.ts';
import type { Reading } from '../../harness/observation.ts';
import { guardian } from '../../harness/supervisors/guardian.ts';
import type { Preload } from '../../harness/supervisors/supervisor.ts';
import { listenAt } from './ask-line.ts';
import type { AskLine } from './ask-line.ts';
import { createPlacer } from './places.ts';
import { parseProbeLines } from './probe-lines.ts';
import type { ProbeLine, ProbeLineOf } from './probe-lines.ts';
import { heardIn, lastLook, lookOf, silenceOf } from './read-said.ts';
import type { Heard } from './read-said.ts';

/** `stacks`: everything with its stack, dear; `light`: what costs nothing, for lives under load. */
export type ProbeMode = 'light' | 'stacks';

/** A member that is made to fail before it does anything; `pass`: that it was called is only told. */
export interface PlannedFault extends WrappedMember {
  how: FaultHow | 'pass';
  /** How long `slow` is, in milliseconds. */
  slowMs?: number;
}

export interface ProbeOptions {
  projectRoot: string;
  mode: ProbeMode;
  faults?: readonly PlannedFault[];
}

export interface Probe {
  /** What the supervisor needs to load it. */
  readonly preload: Preload;
  /** Asks what is open now. Never rejects. */
  look(withinMs: number, signal?: AbortSignal): Promise<Reading<InsideLook>>;
  /** The heap after a collection, with when it was taken (process clock). Never rejects. */
  heap(withinMs: number, signal?: AbortSignal): Promise<Reading<HeapSample & { atMs: number }>>;
  /** The last look that the process took at itself when it ended. */
  lastLook(): Reading<InsideLook>;
  /** What it heard over its whole life. */
  heard(): Heard;
  /** Everything that it said, as it said it. */
  lines(): ProbeLine[];
  /** Ends the connection and removes the folder. Safe twice. */
  close(): Promise<void>;
}

const PRELOAD = fileURLToPath(new URL('../preload/probe.cjs', import.meta.url));
const PACE = { firstMs: 1, maxMs: 20 };

/** Opens the ear for one life; nothing runs in the service until the preload is given to a start. */
export async function openProbe({ projectRoot, mode, faults = [] }: ProbeOptions): Promise<Probe> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'shakedown-inside-'));
  guardian.folder(folder);
  writeFileSync(join(folder, 'plan.json'), JSON.stringify({ mode, faults }));
  const line = await listenAt(join(folder, 'ask.sock'));
  const file = join(folder, 'probe.ndjson');
  const place = createPlacer(projectRoot);
  const lines = (): ProbeLine[] =>
    existsSync(file) ? parseProbeLines(readFileSync(file, 'utf8')).lines : [];
  const ask = createAsking(line, lines);
  let closed = false;
  return {
    preload: { file: PRELOAD, environment: { SHAKEDOWN_INSIDE: folder } },
    look: async (withinMs, signal) =>
      mapReading(await ask('look', withinMs, signal), (said) => lookOf(said, place)),
    heap: async (withinMs, signal) =>
      mapReading(await ask('heap', withinMs, signal), ({ heap, atMs }) => ({ ...heap, atMs })),
    lastLook: () => lastLook(lines(), place),
    heard: () => heardIn(lines(), place),
    lines,
    close: async () => {
      if (closed) return;
      closed = true;
      await line.close();
      rmSync(folder, { recursive: true, force: true });
      guardian.unfolder(folder);
    },
  };
}

type Asking = <S extends 'look' | 'heap'>(
  what: S,
  withinMs: number,
  signal?: AbortSignal,
) => Promise<Reading<ProbeLineOf<S>>>;

/** Asks on the line, and waits for the answer in the file: one way for everything that is evidence. */
function createAsking(line: AskLine, lines: () => ProbeLine[]): Asking {
  let words = 0;
  return async <S extends 'look' | 'heap'>(what: S, withinMs: number, signal?: AbortSignal) => {
    words += 1;
    const word = `${what}-${words}`;
    const deadline = deadlineIn(withinMs, `the probe to answer (${what})`);
    let sent = false;
    const waited = await poll<ProbeLineOf<S> | 'ended'>(
      () => {
        if (!sent) sent = line.send({ do: what, word });
        const all = lines();
        const answer = all.find(
          (each): each is ProbeLineOf<S> => each.said === what && 'word' in each && each.word === word,
        );
        return answer ?? (all.some(({ said }) => said === 'exit') ? 'ended' : undefined);
      },
      deadline,
      PACE,
      signal,
    );
    if (waited.met && waited.value !== 'ended') return { readable: true, value: waited.value };
    const why = waited.met ? 'the process ended before it answered' : waited.reason;
    return { readable: false, reason: `${why}; ${silenceOf(lines())}` };
  };
}

function mapReading<A, B>(reading: Reading<A>, map: (value: A) => B): Reading<B> {
  return reading.readable ? { readable: true, value: map(reading.value) } : reading;
}
