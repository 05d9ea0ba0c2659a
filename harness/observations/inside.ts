/** What is seen from inside the service's own process, by the probe of `soak/preload`. Part of `observation.ts`. */
import type { MemberKind } from '../lifecycle-members.ts';
import type { ResourceKind } from '../resource-catalogue/row.ts';
import type { Reading } from '../observation.ts';

/** A place in the source, mapped back where what runs was made from something else. */
export interface SourcePlace {
  /** Relative to the project. */
  file: string;
  line: number;
  column: number;
  function: string;
}

/** Things of one kind that one line has opened and nobody has closed, in the words of the resource catalogue. */
export interface OpenThing {
  kind: ResourceKind;
  noun: string;
  count: number;
  /** Keeps the process alive. */
  holds: boolean;
  /** Left to the end of the process it loses nothing: the catalogue says so. */
  endsWithProcess: boolean;
  /** A one-shot timer: it ends by itself within this time. */
  dueInMs?: number;
  /** Of a pool of Node's own (http agent, fetch): it comes and goes. */
  pooled: boolean;
  /** The line of the project that opened it; absent: no line of the project is on the stack, or none was taken. */
  at?: SourcePlace;
  /** The package through which it was opened. */
  via?: string;
  /** A path, an address, a delay. */
  detail: string;
  hint: string;
  /** The source rule that owns it. */
  rule: string;
  /** The stack that opened it, innermost first: `start (service/src/a.ts:3:5)`. */
  stack: string[];
}

/** When it was looked: asked by the harness, or at one of the ends of a process. */
export type LookMoment =
  | 'asked'
  /** `process.exit` was called: whatever is open is cut off. */
  | 'exit-called'
  /** The loop ran empty: nothing held the process any more. */
  | 'loop-empty'
  /** It ended by neither: by an exception that nobody caught. */
  | 'exit';

export interface InsideLook {
  moment: LookMoment;
  open: OpenThing[];
  /** Listeners on `process`. */
  listeners: number;
  /**
   * How late the event loop was at most since the last look, without the time in which the machine gave it no processor
   * (`starvedMs` at most at once).
   */
  loop?: { maxMs: number; starvedMs: number };
  exitCode?: number;
  /** Who called `process.exit`. */
  exitBy?: SourcePlace;
}

/** A warning, rejection or exception as Node told it. */
export interface InsideWord {
  name: string;
  message: string;
  at?: SourcePlace;
}

export interface HeapSample {
  heapUsedBytes: number;
  /** What of it is compiled code; absent in older runs. */
  codeBytes?: number;
  externalBytes: number;
  rssBytes: number;
}

export type InsidePoint = 'ready' | 'quiet' | 'end' | 'overdue';

export type InsideFact =
  /** Whether each life of the scenario is looked into; `because`: why not, as the configuration says. */
  | { kind: 'inside-planned'; because?: string }
  | { kind: 'inside-look'; cycle: number; point: InsidePoint; look: Reading<InsideLook> }
  /** Once a life is over: that the probe was there (`loaded`), and what it heard. */
  | {
      kind: 'inside-heard';
      cycle: number;
      loaded: Reading<{ pid: number; node: string }>;
      warnings: InsideWord[];
      rejections: InsideWord[];
      exceptions: InsideWord[];
      /** What the probe could not see, in words. */
      blind: string[];
    }
  /** After a stretch of steady load and a collection: how many requests had been answered by then. */
  | { kind: 'memory'; cycle: number; requests: number; heap: Reading<HeapSample> }
  /** A start or a stop of the service that the preload has wrapped; `partOf`: the one that calls it. */
  | { kind: 'fault-armed'; cycle: number; member: string; is: MemberKind; partOf?: string }
  /** It was called, and did what it was told to; `pass`: what it always does. */
  | { kind: 'fault-called'; cycle: number; member: string; how: FaultHow | 'pass'; calls: number };

/** How a member is made to behave: it throws, its promise rejects, never settles, or settles late. */
export type FaultHow = 'throw' | 'reject' | 'hang' | 'slow';
