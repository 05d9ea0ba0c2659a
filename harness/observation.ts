/**
 * Observations: facts seen while a service ran. Written to disk as they happen, one JSON object a line;
 * judges read them back. An observation never says whether something is right.
 */
import type { FaultFact } from './observations/faults.ts';

export type { ClientFate, Ending, FaultCase, FaultFact } from './observations/faults.ts';

import type { ExploreFact } from './observations/explore.ts';
import type { InsideFact } from './observations/inside.ts';

/** Whether a probe could see what it was asked for. */
export type Reading<T> = { readable: true; value: T } | { readable: false; reason: string };

/** What one look at a process found. Counts are whole; memory is in bytes. */
export interface ProcessSample {
  descriptors: Reading<{ total: number; byKind: Record<string, number> }>;
  /** TCP sockets of the process by state, and unix sockets. */
  sockets: Reading<Record<string, number>>;
  /** Living descendants, zombies included. */
  children: Reading<{ pid: number; state: string; command: string }[]>;
  threads: Reading<number>;
  rssBytes: Reading<number>;
}

/** The moments of a process's life at which counts are compared. */
export type SamplePoint = 'ready' | 'quiet';

/** What became of one request. See `soak/load/` for how each is told apart. */
export const FATES = [
  'answered', // a complete answer with an accepted status
  'wrongStatus', // a complete answer with another status
  'earlyStatus', // the same, from a new life that had not yet said that it is ready
  'refused', // no connection: the port was closed
  'resetFresh', // reset on a new connection that may never have been accepted, before any byte of an answer
  'resetReused', // reset on a reused idle connection by a request sent after the stop signal
  'resetInFlight', // reset of a request that was in flight when the stop signal struck, on an accepted connection
  'cut', // the answer began and did not end
  'late', // no answer within the request's time limit
  'failed', // any other error, named in the sample
] as const;
export type Fate = (typeof FATES)[number];

/** A request that was not simply answered, kept as evidence (the first few of each fate). */
export interface LostRequest {
  fate: Fate;
  method: string;
  path: string;
  /** Milliseconds from the stop signal to when the request was sent; negative: sent before it. */
  sentAfterSignalMs: number;
  reused: boolean;
  status?: number;
  error?: string;
}

/** Totals of the load around one restart. */
export interface LoadTotals {
  /** Requests that were put on a connection, or tried to be. */
  sent: number;
  byFate: Record<Fate, number>;
  /**
   * How many requests were on the wire, unanswered, when the stop signal struck: only those on connections that
   * had answered before, which were accepted for certain.
   */
  inFlightAtSignal: number;
  /** Rate that was reached, over the time in which load was applied. */
  achievedPerSecond: number;
  /** Open loop: measured from when the request was due, so that waiting counts. */
  latencyMs: { p50: number; p90: number; p99: number; max: number };
  lost: LostRequest[];
}

/** Whether a scenario had load, and if not, whether that was said on purpose (`soak.load: false`). */
export type LoadPlan = 'applied' | 'none-on-purpose' | 'not-configured';

/** Steady load between the two samples of a life; strike: load around the stop signal, through exit and restart. */
export type LoadPhase = 'steady' | 'strike';

/** What became of an event stream that was open when the stop signal struck. */
export type StreamFate =
  | 'ended' // the service ended it
  | 'cut' // the connection was reset or closed in the middle
  | 'open'; // nobody ended it before the exit was seen

/** Event streams held open over one stop signal. */
export interface StreamTotals {
  asked: number;
  openAtSignal: number;
  /** Bytes that came on all of them. */
  bytes: number;
  byFate: Record<StreamFate, number>;
  /** Why one was not opened, or how it was cut. */
  why?: string;
}

/** What a service that has been told to stop answered to questions about readiness; times from the signal to sending. */
export interface DrainingReadiness {
  asked: number;
  ready: number;
  unready: number;
  /** No connection, or no answer. */
  refused: number;
  lastReadyAfterMs?: number;
  firstUnreadyAfterMs?: number;
}

/** A word that the service said about a subject, and when it began to; `afterMs` since it was asked for the first time. */
export interface HeardWord {
  word: string;
  afterMs: number;
}

/** Asking the service what it sees, over some time. */
export interface Hearing {
  /** How often it was asked. */
  asked: number;
  forMs: number;
  /** Each change of its word, in order. */
  words: HeardWord[];
  /** The last time that it said nothing that can be read: with a status, or without any answer. */
  wordless?: { afterMs: number; status?: number; reason: string };
}

/**
 * What the scenario companion-moods sees, besides the steps of each life; `cycle` is the number of the cell, one life
 * in one mood of one subject.
 */
export type MoodFact =
  | {
      kind: 'moods-planned';
      cells: { cycle: number; subject: string; mood: string }[];
      stopSignal: string;
      seed: number;
    }
  /** The companion's control port did not do what it was asked for. */
  | { kind: 'mood-uncontrolled'; cycle: number; doing: 'set' | 'reset' | 'count'; reason: string }
  | { kind: 'mood-set'; cycle: number; subject: string; mood: string }
  /** As the companion counts them since the mood was set; 0 when there was none in time. */
  | { kind: 'mood-strikes'; cycle: number; strikes: number; afterMs: number }
  /** Until it said one of the words that were waited for (`met`), or for as long as it was given. */
  | { kind: 'truth-awaited'; cycle: number; met: boolean; hearing: Hearing }
  /** Watched from then on: `looks` at its readiness, the first one that did not show it, and what it said. */
  | {
      kind: 'watched';
      cycle: number;
      forMs: number;
      looks: number;
      notReady?: { afterMs: number; reason: string };
      hearing: Hearing;
    }
  /** The last lines of a life that refused to start. */
  | { kind: 'last-words'; cycle: number; lines: string[] };

/** Everything that can be observed. `cycle` counts from 1; times are milliseconds. */
export type Fact =
  | MoodFact
  | InsideFact
  | FaultFact
  | ExploreFact
  | {
      kind: 'scenario-planned';
      scenario: string;
      cycles: number;
      load: LoadPlan;
      loadPerSecond: number;
      /** Whether the service was to listen on a port. */
      listens: boolean;
      stopSignal: string;
      seed: number;
      /** How many event streams are held open over each stop signal; absent: none is configured. */
      streams?: number;
      /** A socket unit listens through every restart. */
      keptListener?: boolean;
      /** The log is read from a journal: how is recorded in every cycle. */
      journal?: boolean;
    }
  /** How a life's log was read from the journal; `missing`: why it may not be whole. */
  | { kind: 'journal-read'; cycle: number; entries: number; serviceLines: number; missing: string[] }
  | { kind: 'instance-started'; cycle: number; pid: number; command: string[]; node: string; port?: number }
  | { kind: 'start-failed'; cycle: number; reason: string; exit?: ExitFact }
  | { kind: 'ready'; cycle: number; afterMs: number; by: string }
  | { kind: 'not-ready'; cycle: number; afterMs: number; reason: string; listeningOn?: number[] }
  | { kind: 'sample'; cycle: number; point: SamplePoint; sample: ProcessSample }
  /** Whether counts came to rest before the sample of the same point was taken. */
  | {
      kind: 'settled';
      cycle: number;
      point: SamplePoint;
      afterMs: number;
      settled: boolean;
      waitingFor?: string;
    }
  /** A forbidden line of the harness's own in the log; `word` tells it apart (not called a token: that would be masked). */
  | { kind: 'planted'; cycle: number; word: string; pattern: string }
  /** Whether the service's standard output and error are the file that is scanned. */
  | { kind: 'output-path'; cycle: number; stdout: Reading<boolean>; stderr: Reading<boolean> }
  | { kind: 'signal-sent'; cycle: number; signal: string; inFlight: number }
  | ({ kind: 'exited'; cycle: number; afterMs: number } & ExitFact)
  /** The service ended before it was told to. */
  | ({ kind: 'exited-unasked'; cycle: number; during: string; lastLines: string[] } & ExitFact)
  | { kind: 'still-running'; cycle: number; afterMs: number }
  | { kind: 'port-free'; cycle: number; afterMs: number }
  | { kind: 'port-held'; cycle: number; afterMs: number; holder: string }
  | { kind: 'load'; cycle: number; phase: LoadPhase; totals: LoadTotals }
  | { kind: 'streams'; cycle: number; totals: StreamTotals }
  /** Either `seen`, or why nothing was asked. */
  | { kind: 'readiness-after-signal'; cycle: number; seen?: DrainingReadiness; notAsked?: string }
  /** Processes that outlived the instance; the harness ends them before it goes on, so each is counted in one cycle. */
  | { kind: 'survivors'; cycle: number; processes: Reading<{ pid: number; command: string }[]> }
  | { kind: 'scenario-finished'; scenario: string; cycles: number }
  | { kind: 'scenario-aborted'; scenario: string; reason: string }
  | { kind: 'harness-error'; message: string };

/** In the place of a signal: the next life had begun before anybody could ask how this one ended. */
export const UNRECORDED_END = 'an end that was not recorded';

/** How a process ended: with a code, or by a signal. */
export interface ExitFact {
  code: number | null;
  signal: string | null;
}

/** A fact with when it was seen: wall clock in ISO 8601 and milliseconds on the monotonic clock of the run. */
export type Observation = Fact & { at: string; monotonicMs: number };

export type FactKind = Fact['kind'];
export type FactOf<K extends FactKind> = Extract<Fact, { kind: K }>;
export type ObservationOf<K extends FactKind> = FactOf<K> & { at: string; monotonicMs: number };
