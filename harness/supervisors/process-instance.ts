/**
 * One life of a spawned service: readiness raced against exit, signals to the main process, its exit, its log.
 * Made by `process.ts`.
 */
import type { ChildProcess } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import type { ServiceConfig } from '../config.ts';
import { poll, within } from '../deadline.ts';
import type { Deadline } from '../deadline.ts';
import { errorText } from '../errors.ts';
import type { ExitFact, Reading } from '../observation.ts';
import { portHolder, probePort } from './ports.ts';
import { hasProc, readStat } from './proc.ts';
import { listenersOf, listeningPorts, listensOn } from './proc-sockets.ts';
import type { RawLog } from './raw-log.ts';
import { createReadinessProbe } from './readiness.ts';
import type { ReadinessProbe } from './readiness.ts';
import type { Ended, Instance, Readiness, Signalled } from './supervisor.ts';

const TAIL_EVERY_MS = 20;
/** Close together: how long a start takes is evidence, and a quarter of it would be a coarse measure. */
const READY_PACE = { firstMs: 1, maxMs: 20, growth: 1.06 };
/** How many lines of the log a reason quotes. */
const LAST_LINES = 5;

/** What an instance is made of. */
export interface InstanceInput {
  child: ChildProcess & { pid: number };
  service: ServiceConfig;
  port: number | undefined;
  command: readonly string[];
  node: string;
  log: RawLog;
  logStart: number;
  /** `performance.now()` when it was spawned. */
  startedAtMs: number;
}

export function createInstance(input: InstanceInput): Instance {
  const { child, log, logStart, port } = input;
  const life = followLife(child, log);
  const instance: Instance = {
    pid: child.pid,
    host: input.service.host,
    ...(port === undefined ? {} : { port }),
    command: input.command,
    node: input.node,
    logStart,
    ready: (deadline, signal) => waitForReady(input, life, deadline, signal),
    // The first turn of an async function is its caller's: the signal is out when the call returns.
    signal: async (name) => sendSignal(child, life, name),
    exit: () => life.exit,
    exited: (deadline, signal) => waitForExit(child.pid, life, deadline, signal),
    logs: (cursor) => {
      log.pump();
      return log.slice(cursor);
    },
    outputPath: async () => ({
      stdout: pointsAt(child.pid, 1, log.path),
      stderr: pointsAt(child.pid, 2, log.path),
    }),
    probePort: async () => (port === undefined ? { free: true } : probePort(port, input.service.host)),
    portHolder: async () => (port === undefined ? 'nobody' : portHolder(port)),
  };
  return instance;
}

interface Life {
  exit: (ExitFact & { atMs: number }) | undefined;
  /** Resolves when it has ended and its log has been read to the end. */
  readonly ended: Promise<void>;
}

function followLife(child: ChildProcess, log: RawLog): Life {
  const tail = setInterval(() => log.pump(), TAIL_EVERY_MS);
  tail.unref();
  const life: { exit: Life['exit']; ended: Promise<void> } = { exit: undefined, ended: Promise.resolve() };
  life.ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      life.exit = { code, signal, atMs: performance.now() };
      clearInterval(tail);
      log.drain();
      resolve();
    });
  });
  return life;
}

/** Which of the two comes first: readiness or the exit. */
async function waitForReady(
  input: InstanceInput,
  life: Life,
  deadline: Deadline,
  signal?: AbortSignal,
): Promise<Readiness> {
  const { child, port, log } = input;
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  const probe = createReadinessProbe(input.service, {
    host: input.service.host,
    port,
    logStart: input.logStart,
    logs: (cursor) => {
      log.pump();
      return log.slice(cursor);
    },
  });
  try {
    const asked = poll(() => askUntilExit(probe, life), deadline, READY_PACE, either);
    const first = await Promise.race([asked, life.ended.then(() => 'exited' as const)]);
    const afterMs = performance.now() - input.startedAtMs;
    if (life.exit !== undefined) return exitedBeforeReady(input, life.exit);
    if (first === 'exited' || !first.met) {
      return notReady(input, afterMs, first === 'exited' ? 'it exited' : first.reason);
    }
    const stranger = strangerOn(child.pid, port);
    if (stranger !== undefined)
      return notReady(input, afterMs, `port ${port} was answered by ${stranger}, not by this life`);
    return { kind: 'ready', afterMs, by: first.value };
  } finally {
    stop.abort();
    probe.close();
  }
}

async function askUntilExit(probe: ReadinessProbe, life: Life): Promise<string | undefined> {
  return life.exit === undefined ? probe.ask() : undefined;
}

function exitedBeforeReady(input: InstanceInput, exit: ExitFact & { atMs: number }): Readiness {
  const how = exit.signal === null ? `code ${exit.code}` : `signal ${exit.signal}`;
  const reason = `exited with ${how} before it was ready; ${quoteLastLines(input)}`;
  return {
    kind: 'exited',
    afterMs: exit.atMs - input.startedAtMs,
    exit: { code: exit.code, signal: exit.signal },
    reason,
  };
}

function notReady(input: InstanceInput, afterMs: number, why: string): Readiness {
  const { child, port } = input;
  const listeningOn = hasProc() ? listeningPorts(child.pid) : undefined;
  const where =
    port === undefined || listeningOn === undefined
      ? ''
      : `; ${describePorts(input.service.host, port, listeningOn)}`;
  const reason = `${why}${where}; ${quoteLastLines(input)}`;
  return { kind: 'not-ready', afterMs, reason, ...(listeningOn === undefined ? {} : { listeningOn }) };
}

function describePorts(host: string, expected: number, ports: readonly number[]): string {
  if (ports.length === 0) return `it listens on no TCP port, expected ${expected}`;
  if (ports.includes(expected)) return `it does listen on ${host}:${expected}`;
  return `it listens on ${ports.map((port) => `${host}:${port}`).join(', ')}, expected ${expected}`;
}

function quoteLastLines(input: InstanceInput): string {
  input.log.pump();
  const lines = lastLines(input.log, input.logStart);
  if (lines.length === 0) return 'it logged nothing';
  return `last lines of its log: ${lines.map((line) => line.slice(0, 300)).join(' | ')}`;
}

/** The last few lines of a life. */
export function lastLines(log: Pick<RawLog, 'slice'>, logStart: number): string[] {
  let lines: string[] = [];
  for (let cursor = logStart; ;) {
    const slice = log.slice(cursor);
    if (slice.cursor === cursor) return lines;
    lines = [...lines, ...slice.lines.filter((line) => line !== '')].slice(-LAST_LINES);
    cursor = slice.cursor;
  }
}

/** Who answers on the port, when that is nobody of this life. */
function strangerOn(pid: number, port: number | undefined): string | undefined {
  if (port === undefined || !hasProc() || listensOn(pid, port) !== false) return undefined;
  // A process of the same group may have lost its parent: it is still of this life.
  const listeners = listenersOf(port);
  return listeners.length === 0 || listeners.some((stat) => stat.groupId === pid)
    ? undefined
    : portHolder(port);
}

function sendSignal(child: ChildProcess & { pid: number }, life: Life, name: NodeJS.Signals): Signalled {
  if (life.exit !== undefined) return { sent: false, reason: `pid ${child.pid} has exited already` };
  const atMs = performance.now();
  try {
    // Through the child: it knows of an exit before the pid can be given to another process.
    if (child.kill(name)) return { sent: true, atMs };
    return { sent: false, reason: `pid ${child.pid} is gone` };
  } catch (error) {
    return { sent: false, reason: errorText(error) };
  }
}

async function waitForExit(
  pid: number,
  life: Life,
  deadline: Deadline,
  signal?: AbortSignal,
): Promise<Ended> {
  let onAbort = (): void => undefined;
  const interrupted = new Promise<void>((resolve) => {
    onAbort = resolve;
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  const waited = await within(Promise.race([life.ended, interrupted]), deadline);
  signal?.removeEventListener('abort', onAbort);
  if (life.exit !== undefined) {
    const { atMs, code, signal: by } = life.exit;
    return { kind: 'exited', atMs, exit: { code, signal: by } };
  }
  const state = readStat(pid)?.state;
  const reason = waited.met ? `interrupted while waiting for ${deadline.what}` : waited.reason;
  return {
    kind: 'still-running',
    atMs: performance.now(),
    reason: state === undefined ? reason : `${reason}; state ${state}`,
  };
}

function pointsAt(pid: number, descriptor: number, path: string): Reading<boolean> {
  if (!hasProc()) return { readable: false, reason: 'this system has no /proc' };
  try {
    return { readable: true, value: readlinkSync(`/proc/${pid}/fd/${descriptor}`) === path };
  } catch (error) {
    return { readable: false, reason: errorText(error) };
  }
}
