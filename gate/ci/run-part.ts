/** Runs a part of CI: its output goes on as it comes, its last count is remembered, its time is limited. Called by `ci.ts`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { broken, readCountLine, settle, type Count, type PartResult } from './count.ts';
import type { Part } from './parts.ts';

/** What a part that is told to end needs to end its machines and services. */
const GRACE_MS = 60_000;

/** @param print takes each line of the part's output as it comes. */
export async function runPart(
  part: Part,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<PartResult> {
  const { name, withheld, count } = part;
  const notStarted = { name, exitCode: undefined, durationMs: 0 };
  if (signal.aborted) return { ...notStarted, ...broken('not started: CI was interrupted') };
  const reason = withheld?.();
  if (reason !== undefined)
    return reason.declared
      ? { ...notStarted, passed: 0, failed: 0, skipped: 1, notes: [`skipped: ${reason.why}`] }
      : { ...notStarted, ...broken(`not shown: ${reason.why}`) };
  const startedAt = performance.now();
  const { exitCode, printed, late } = await runCommand(part, signal, print);
  const result = settle(
    { name, exitCode, durationMs: performance.now() - startedAt },
    count === undefined ? printed : count(),
  );
  if (late) {
    result.failed = Math.max(1, result.failed);
    result.notes.push(`it was ended: it had not come to its end within ${part.withinMs / 60_000} minutes`);
  }
  return result;
}

interface Ended {
  exitCode: number;
  printed: Count | undefined;
  late: boolean;
}

async function runCommand(
  { command, environment, withinMs }: Part,
  interrupted: AbortSignal,
  print: (line: string) => void,
): Promise<Ended> {
  const [program = '', ...args] = command;
  // A group of its own: what it starts is ended with it.
  const child = spawn(program, args, {
    detached: true,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const timeUp = AbortSignal.timeout(withinMs);
  const ending = endWhenTold(child, AbortSignal.any([interrupted, timeUp]));
  let printed: Count | undefined;
  createInterface({ input: child.stdout, crlfDelay: Infinity }).on('line', (line) => {
    print(line);
    printed = readCountLine(line) ?? printed;
  });
  try {
    const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { exitCode: code ?? (killedBy === 'SIGINT' ? 130 : 143), printed, late: timeUp.aborted };
  } catch (error) {
    process.stderr.write(`${command.join(' ')} could not be started: ${String(error)}\n`);
    return { exitCode: 127, printed: undefined, late: false };
  } finally {
    ending.stop();
  }
}

function endWhenTold(child: ChildProcess, signal: AbortSignal): { stop: () => void } {
  let kill: NodeJS.Timeout | undefined;
  const tell = (): void => {
    signalGroup(child, 'SIGTERM');
    kill = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', tell, { once: true });
  return {
    stop: () => {
      signal.removeEventListener('abort', tell);
      clearTimeout(kill);
    },
  };
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
