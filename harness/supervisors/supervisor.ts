/**
 * The contract of a supervisor: whatever starts, signals and watches a service. Implemented by `process.ts`
 * and `systemd.ts`; driven by `soak/scenarios` and `checks/routes`. `contract.ts` checks it on every call.
 */
import type { Transport } from '../transport/transport.ts';
import type { Deadline } from '../deadline.ts';
import type { ExitFact, Reading } from '../observation.ts';

/** What became of waiting for readiness. `afterMs` counts from the start of the process. */
export type Readiness =
  | { kind: 'ready'; afterMs: number; by: string }
  | { kind: 'exited'; afterMs: number; exit: ExitFact; reason: string }
  | { kind: 'not-ready'; afterMs: number; reason: string; listeningOn?: number[] };

/** What became of waiting for the exit. `atMs` is on the clock of `performance.now()`. */
export type Ended =
  { kind: 'exited'; atMs: number; exit: ExitFact } | { kind: 'still-running'; atMs: number; reason: string };

/** Whether a signal went out. `atMs` is on the clock of `performance.now()`, taken just before it was sent. */
export type Signalled = { sent: true; atMs: number } | { sent: false; reason: string };

/** Whole lines of the log and where to go on. `cursor` is opaque to callers and only ever grows. */
export interface LogSlice {
  lines: string[];
  cursor: number;
}

/** How a log came about that is not written by the service itself but read from the journal. */
export interface LogReading {
  entries: number;
  /** Lines of the service's own, planted ones included. */
  serviceLines: number;
  /** Why it may not be whole, in words; empty: it is. */
  missing: string[];
}

/** Where the service's output goes, seen from outside. */
export interface OutputPath {
  stdout: Reading<boolean>;
  stderr: Reading<boolean>;
}

export interface ProcessName {
  pid: number;
  command: string;
}

/** One life of the service, from its start to its exit. */
export interface Instance {
  readonly pid: number;
  readonly host: string;
  /** Absent for a service that does not listen. */
  readonly port?: number;
  /** Program and arguments as they were run. */
  readonly command: readonly string[];
  /** Version of the Node the service runs with: `v24.1.0`. */
  readonly node: string;
  /** Where this life's lines begin in the log. */
  readonly logStart: number;
  /** Where its processes can be looked at; absent: in the /proc of this host. */
  readonly transport?: Transport;
  /** Waits until the service says that it is ready, exits, or the deadline passes; never rejects. */
  ready(deadline: Deadline, signal?: AbortSignal): Promise<Readiness>;
  /**
   * Sends a signal to the main process only, as a supervisor would; before it returns where nothing lies between. To a
   * process that is gone nothing is sent.
   */
  signal(name: NodeJS.Signals): Promise<Signalled>;
  /** The exit if it has been seen. */
  exit(): (ExitFact & { atMs: number }) | undefined;
  /** Waits for the exit; by then everything the process wrote is in the log. Never rejects. */
  exited(deadline: Deadline, signal?: AbortSignal): Promise<Ended>;
  /**
   * Whole lines since `cursor` (a life's `logStart` to begin with), 1 MiB at most in one call. Of a journal, what had
   * been read by the end of the last `exited`, or `ready` where that did not come.
   */
  logs(cursor: number): LogSlice;
  /** Whether standard output and error of the process are the file that is read. */
  outputPath(): Promise<OutputPath>;
  /** Whether its port could be bound, and if not, why; `holder` names who has it. */
  probePort(): Promise<PortProbe>;
  portHolder(): Promise<string>;
}

/** Whether a port could be bound, as a service would bind it (TIME_WAIT does not hinder), and if not, why. */
export type PortProbe = { free: true } | { free: false; reason: string };

/** Plain JavaScript that the service's own Node loads before the service, and the variables that it is told by. */
export interface Preload {
  /** Absolute path. */
  file: string;
  environment: Readonly<Record<string, string>>;
}

export interface StartOptions {
  /** Only by the supervisor of processes: a unit has an environment of its own. */
  preload?: Preload;
  /** The caller has just proved that the port is free; it is not probed again. */
  portProved?: boolean;
}

/** The service could not be started at all: its port is taken, its program is missing. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
}

export interface Supervisor {
  /** What kind this is, for messages: `process`. */
  readonly kind: string;
  /**
   * Starts the service; one at a time. Rejects with {@link StartFailure} when there is no process afterwards,
   * and with UsageError when the configuration cannot be right.
   */
  start(options?: StartOptions): Promise<Instance>;
  /** Writes a line to the log on the path that the service's own output takes. */
  plantLine(line: string): Promise<void>;
  /** How the log was read since the last call; absent: the service's output is the log. */
  takeLogReading?(): LogReading;
  /** Processes that were started through this supervisor and outlived the last instance. */
  survivors(): Promise<Reading<ProcessName[]>>;
  /** Ends what outlived the last instance; says what could not be ended. */
  endSurvivors(): Promise<ProcessName[]>;
  /** Ends everything that was started, reads the log to its end and removes temporary files. Safe twice, and before a start. */
  dispose(): Promise<void>;
}
