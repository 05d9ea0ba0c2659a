/**
 * One life of a unit: readiness raced against exit, signals through systemd, its exit as systemd saw it. Made by
 * `systemd.ts`.
 */
import { once } from 'node:events';
import type { ServiceConfig, TargetConfig } from '../config.ts';
import { deadlineIn, poll, within } from '../deadline.ts';
import type { Deadline } from '../deadline.ts';
import { errorText } from '../errors.ts';
import { UNRECORDED_END, type ExitFact } from '../observation.ts';
import type { Transport } from '../transport/transport.ts';
import { lastLines } from './process-instance.ts';
import { createReadinessProbe } from './readiness.ts';
import type { Ended, Instance, Readiness, Signalled } from './supervisor.ts';
import type { UnitLog } from './systemd-log.ts';
import { recordedExit } from './systemd-drop-in.ts';
import { portHolderThere, probePortThere } from './systemd-port.ts';
import { SYSTEMCTL_WITHIN_MS, readUnit } from './systemd-unit.ts';
import type { UnitState } from './systemd-unit.ts';

const READY_PACE = { firstMs: 2, maxMs: 20 };
const EXIT_PACE = { firstMs: 5, maxMs: 50 };
/** How long systemd may take to tell how a process that is gone has ended. */
const TOLD_WITHIN_MS = 5_000;
/** What is still in the control group may take this long before the life counts as over. */
const SETTLED_WITHIN_MS = 300;
/** A watch that is cut off is begun anew this often. */
const MAX_WATCHES = 20;

export interface UnitInstanceInput {
  transport: Transport;
  target: TargetConfig;
  service: ServiceConfig;
  host: string;
  port: number | undefined;
  node: string;
  log: UnitLog;
  logStart: number;
  /** `performance.now()` when it was asked to start. */
  startedAtMs: number;
  /** The unit when its main process was first seen. */
  state: UnitState;
}

export function createUnitInstance(input: UnitInstanceInput): Instance {
  const { state, log, port, transport } = input;
  const pid = state.mainPid || state.execMainPid;
  const life = followLife(input, pid);
  return {
    pid,
    host: input.host,
    ...(port === undefined ? {} : { port }),
    command: state.command,
    node: input.node,
    logStart: input.logStart,
    transport,
    ready: (deadline, signal) => waitForReady(input, life, deadline, signal),
    signal: (name) => sendSignal(input, life, name),
    exit: () => life.exit,
    exited: (deadline, signal) => waitForExit(life, deadline, signal),
    logs: (cursor) => {
      log.raw.pump();
      return log.raw.slice(cursor);
    },
    outputPath: async () => ({
      stdout: { readable: true, value: goesToJournal(state.standardOutput) },
      stderr: {
        readable: true,
        value: goesToJournal(state.standardError === 'inherit' ? state.standardOutput : state.standardError),
      },
    }),
    probePort: () => probePortThere(transport, input.target.port ?? port),
    portHolder: () => portHolderThere(transport, input.target.port ?? port),
  };
}

interface Life {
  exit: (ExitFact & { atMs: number }) | undefined;
  /** Resolves when it has ended and its log has been read to the end. */
  ended: Promise<void>;
  /** Why its end would not be seen. */
  lost: string | undefined;
}

function followLife(input: UnitInstanceInput, pid: number): Life {
  const life: Life = { exit: undefined, ended: Promise.resolve(), lost: undefined };
  life.ended = watch(input, pid, life).catch((error: unknown) => {
    life.lost = errorText(error);
    // Never over: whoever waits is told so by the deadline.
    return new Promise<void>(() => undefined);
  });
  return life;
}

/** Waits where the process is until it is gone, asks systemd how it ended, and reads the journal to the end. */
async function watch(input: UnitInstanceInput, pid: number, life: Life): Promise<void> {
  const { transport, target, log } = input;
  let reason = '';
  for (let watches = 0; watches < MAX_WATCHES; watches += 1) {
    await waitUntilGone(transport, pid);
    const atMs = performance.now();
    const told = await poll(
      async () => {
        const now = await readUnit(transport, target.unit);
        if (!now.readable) throw new Error(now.reason);
        if (now.value.mainPid === pid && now.value.exit === undefined) return 'runs' as const;
        return endOf(input, now.value, pid);
      },
      deadlineIn(TOLD_WITHIN_MS, `systemd to tell how pid ${pid} ended`),
      EXIT_PACE,
    );
    if (!told.met) reason = told.reason;
    if (!told.met || told.value === 'runs') continue;
    await waitUntilSettled(input);
    await log.read();
    life.exit = { ...told.value, atMs };
    return;
  }
  throw new Error(
    `the end of pid ${pid} cannot be watched for: ${reason || 'the watch is cut off again and again'}`,
  );
}

/** A program that ends when the process does; that it ends proves nothing, the connection may have been cut. */
async function waitUntilGone(transport: Transport, pid: number): Promise<void> {
  const words = ['tail', `--pid=${pid}`, '--sleep-interval=0.01', '--follow', '/dev/null'];
  const child = transport.stream(words);
  child.stdout.resume();
  child.stderr.resume();
  child.unref();
  await once(child, 'close').catch(() => undefined);
}

async function endOf(
  { transport, target, state: { invocationId } }: UnitInstanceInput,
  now: UnitState,
  pid: number,
): Promise<ExitFact | undefined> {
  // A unit that has ended and not begun again has no invocation any more, or still its last one.
  if (now.execMainPid === pid && (now.invocationId === invocationId || now.invocationId === ''))
    return now.exit;
  if (now.invocationId === invocationId || now.invocationId === '') return undefined;
  // Its socket, or Restart=, has begun the next life already.
  return (
    (await recordedExit(transport, target.unit, invocationId)) ?? {
      code: null,
      signal: UNRECORDED_END,
    }
  );
}

async function waitUntilSettled({ transport, target, state }: UnitInstanceInput): Promise<void> {
  await poll(
    async () => {
      const now = await readUnit(transport, target.unit);
      if (!now.readable) return undefined;
      const { activeState, invocationId } = now.value;
      return activeState !== 'deactivating' || !['', state.invocationId].includes(invocationId)
        ? true
        : undefined;
    },
    deadlineIn(SETTLED_WITHIN_MS, 'the control group to empty'),
    EXIT_PACE,
  );
}

async function waitForReady(
  input: UnitInstanceInput,
  life: Life,
  deadline: Deadline,
  signal?: AbortSignal,
): Promise<Readiness> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  const probe = createReadinessProbe(input.service, {
    host: input.host,
    port: input.port,
    logStart: input.logStart,
    logs: (cursor) => input.log.raw.slice(cursor),
  });
  const isLogged = 'log' in input.service.readiness;
  const ask = async (): Promise<string | undefined> => {
    if (life.exit !== undefined) return undefined;
    const now = await readUnit(input.transport, input.target.unit);
    if (!now.readable) throw new Error(now.reason);
    if (now.value.invocationId !== input.state.invocationId || now.value.activeState !== 'active')
      return undefined;
    if (isLogged) await input.log.read(signal);
    return probe.ask();
  };
  try {
    const asked = poll(ask, deadline, READY_PACE, either);
    const first = await Promise.race([asked, life.ended.then(() => 'exited' as const)]);
    const afterMs = performance.now() - input.startedAtMs;
    if (life.exit !== undefined) return exitedBeforeReady(input, life.exit);
    if (first !== 'exited' && first.met) return { kind: 'ready', afterMs, by: `unit active, ${first.value}` };
    if (signal?.aborted !== true) await input.log.read(signal);
    const why = first === 'exited' ? 'it exited' : first.reason;
    return { kind: 'not-ready', afterMs, reason: `${why}; ${quoteLastLines(input)}` };
  } finally {
    stop.abort();
    probe.close();
  }
}

function exitedBeforeReady(input: UnitInstanceInput, exit: ExitFact & { atMs: number }): Readiness {
  const how = exit.signal === null ? `code ${exit.code}` : `signal ${exit.signal}`;
  const reason = `exited with ${how} before it was ready; ${quoteLastLines(input)}`;
  const { code, signal, atMs } = exit;
  return { kind: 'exited', afterMs: atMs - input.startedAtMs, exit: { code, signal }, reason };
}

function quoteLastLines({ log, logStart }: UnitInstanceInput): string {
  log.raw.pump();
  const lines = lastLines(log.raw, logStart);
  if (lines.length === 0) return 'it logged nothing';
  return `last lines of its log: ${lines.map((line) => line.slice(0, 300)).join(' | ')}`;
}

/** The unit's own stop signal is sent as a stop, as a deploy or a shutdown sends it; others by themselves. */
async function sendSignal(input: UnitInstanceInput, life: Life, name: NodeJS.Signals): Promise<Signalled> {
  const { transport, target, state } = input;
  if (life.exit !== undefined) return { sent: false, reason: `pid ${state.mainPid} has exited already` };
  const isStop = name === state.killSignal;
  const words = isStop ? ['stop', '--no-block'] : ['kill', '--kill-whom=main', `--signal=${name}`];
  const atMs = performance.now();
  const result = await transport.run(['systemctl', ...words, target.unit], {
    timeoutMs: SYSTEMCTL_WITHIN_MS,
  });
  if (result.ran && result.code === 0) return { sent: true, atMs };
  return { sent: false, reason: result.ran ? result.stderr.trim() : result.reason };
}

async function waitForExit(life: Life, deadline: Deadline, signal?: AbortSignal): Promise<Ended> {
  const interrupted = new Promise<void>((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
  const waited = await within(Promise.race([life.ended, interrupted]), deadline);
  if (life.exit !== undefined) {
    const { atMs, code, signal: by } = life.exit;
    return { kind: 'exited', atMs, exit: { code, signal: by } };
  }
  const reason = waited.met ? `interrupted while waiting for ${deadline.what}` : waited.reason;
  return { kind: 'still-running', atMs: performance.now(), reason: life.lost ?? reason };
}

function goesToJournal(where: string): boolean {
  return /^(journal|syslog|kmsg)(\+console)?$/.test(where);
}
