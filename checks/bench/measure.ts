/**
 * Runs one whole process and says what it cost: wall time, processor time and peak memory of it and of everything that
 * it started. Linux only: the figures are the kernel's, from /proc.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export interface Cost {
  wallS: number;
  /** User and system, of the whole tree of processes. */
  cpuS: number;
  /** The largest sum of resident memory seen at one moment. */
  peakMb: number;
}

export interface Command {
  argv: readonly string[];
  cwd: string;
  env?: Record<string, string>;
  /** Exit codes that mean that the work was done; findings are no failure. */
  done: readonly number[];
  /** File that takes what it prints. */
  output: string;
  withinMs: number;
}

const SAMPLE_MS = 100;
/** Of /proc/<pid>/stat. All Linux platforms that Node runs on count a hundred to the second. */
const TICKS_PER_S = 100;

/** @throws when the command did not do its work: a figure of something else is worse than none. */
export async function measure(command: Command): Promise<Cost> {
  const [program, ...rest] = command.argv;
  if (program === undefined) throw new Error('no command to measure');
  const output = openSync(command.output, 'w');
  const before = waitedForTicks();
  const startedAt = performance.now();
  const child = spawn(program, rest, {
    cwd: command.cwd,
    env: { ...process.env, ...command.env },
    stdio: ['ignore', output, output],
    detached: true,
  });
  const ended = once(child, 'exit').then(() => performance.now());
  const watch = watchTree(child.pid ?? 0);
  let isLate = false;
  // The group, so that what it started ends with it.
  const endAll = (): void => void (child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'));
  const timer = setTimeout(() => {
    isLate = true;
    endAll();
  }, command.withinMs);
  const interrupt = (): never => {
    endAll();
    process.exit(130);
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const wallS = ((await ended) - startedAt) / 1000;
    const { ticks, peakKb } = await watch.end();
    const what = `${command.argv.join(' ')} (output in ${command.output})`;
    if (isLate) throw new Error(`not done within ${command.withinMs / 1000} s: ${what}`);
    if (child.exitCode === null || !command.done.includes(child.exitCode))
      throw new Error(`exit ${child.exitCode ?? child.signalCode}: ${what}`);
    // What was waited for has exact figures; a child that nobody waited for is only in those that were watched.
    const cpuS = Math.max(waitedForTicks() - before, ticks) / TICKS_PER_S;
    return { wallS, cpuS, peakMb: peakKb / 1024 };
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    closeSync(output);
  }
}

/** Processor time of all children of this process that have ended, and of the children that they waited for. */
function waitedForTicks(): number {
  const fields = statFields('self');
  return Number(fields[13]) + Number(fields[14]);
}

/** The fields of /proc/<pid>/stat behind the name, which may hold anything: the first is the state. */
function statFields(pid: number | string): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

interface Watch {
  end(): Promise<{ ticks: number; peakKb: number }>;
}

function watchTree(root: number): Watch {
  const ticks = new Map<number, number>();
  let peakKb = 0;
  let isOver = false;
  const sample = (): void => {
    let sumKb = 0;
    for (const pid of withChildren(root)) {
      const seen = usageOf(pid);
      if (!seen) continue;
      ticks.set(pid, seen.ticks);
      sumKb += seen.residentKb;
      peakKb = Math.max(peakKb, sumKb, pid === root ? seen.highKb : 0);
    }
  };
  const loop = (async () => {
    while (!isOver) {
      sample();
      await pause(SAMPLE_MS);
    }
  })();
  return {
    end: async () => {
      isOver = true;
      await loop;
      return { ticks: [...ticks.values()].reduce((sum, each) => sum + each, 0), peakKb };
    },
  };
}

function* withChildren(pid: number): Generator<number> {
  yield pid;
  let threads: string[] = [];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    // It ended since it was listed: nothing is left to be seen.
  }
  for (const thread of threads)
    for (const child of read(`/proc/${pid}/task/${thread}/children`).split(' '))
      if (child !== '') yield* withChildren(Number(child));
}

function usageOf(pid: number): { ticks: number; residentKb: number; highKb: number } | undefined {
  const status = read(`/proc/${pid}/status`);
  if (status === '') return undefined;
  const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  try {
    const fields = statFields(pid);
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { ticks, residentKb: kb('VmRSS'), highKb: kb('VmHWM') };
  } catch {
    // As above: it ended between the two.
    return undefined;
  }
}

/** A file of a process that may be gone by now. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
