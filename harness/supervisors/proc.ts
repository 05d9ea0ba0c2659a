/**
 * Reads /proc: who runs, and who belongs to whom (sockets: `proc-sockets.ts`). Used by the supervisors and by `soak/probes`.
 * Every function answers `undefined` or an empty list for a process that is gone; none throws for that.
 */
import { closeSync, existsSync, openSync, readSync, readdirSync, readlinkSync } from 'node:fs';

/** One line of /proc/PID/stat. `startTicks` with the pid names a process for good: pids are reused, both together are not. */
export interface ProcessStat {
  pid: number;
  command: string;
  state: string;
  parentPid: number;
  groupId: number;
  sessionId: number;
  startTicks: number;
}

/** Whether this system has a /proc that can be read. */
export function hasProc(): boolean {
  return existsSync('/proc/self/stat');
}

/** One for all: `readFileSync` makes 64 KiB anew for each file without a size, and hundreds are read in a restart. */
const BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** Text of a file of /proc; `undefined` when the process is gone or not ours to read. */
export function readProcText(path: string): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    let text = '';
    for (;;) {
      const bytes = readSync(descriptor, BUFFER);
      if (bytes === 0) return text;
      text += BUFFER.toString('latin1', 0, bytes);
    }
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

export function readStat(pid: number): ProcessStat | undefined {
  const text = readProcText(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** Reads a line of /proc/PID/stat. */
export function parseStat(text: string): ProcessStat {
  // The command may hold spaces and parentheses: the last `)` ends it.
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  return {
    pid: Number.parseInt(text, 10),
    command: text.slice(text.indexOf('(') + 1, end),
    state: fields[0] ?? '?',
    parentPid: Number(fields[1]),
    groupId: Number(fields[2]),
    sessionId: Number(fields[3]),
    startTicks: Number(fields[19]),
  };
}

/** Every process that can be seen. */
export function listProcesses(): ProcessStat[] {
  return processIds()
    .map(readStat)
    .filter((stat) => stat !== undefined);
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Whether the process was started with `name=value` in its environment. A zombie has none. */
export function carriesVariable(pid: number, name: string, value: string): boolean {
  const environment = readProcText(`/proc/${pid}/environ`);
  if (environment === undefined) return false;
  return `\0${environment}\0`.includes(`\0${name}=${value}\0`);
}

/** Every living process below `pid`, zombies included. */
export function descendantsOf(
  pid: number,
  processes: readonly ProcessStat[] = listProcesses(),
): ProcessStat[] {
  const byParent = Map.groupBy(processes, (stat) => stat.parentPid);
  const found: ProcessStat[] = [];
  const waiting = [pid];
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    for (const child of byParent.get(parent) ?? []) {
      found.push(child);
      waiting.push(child.pid);
    }
  }
  return found;
}

/** Program and arguments of a process, for a person; falls back to its short name. */
export function commandOf(pid: number): string {
  const line = readProcText(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim();
  if (line !== undefined && line !== '') return line;
  return readStat(pid)?.command ?? 'gone';
}

/** Targets of a process's descriptors: `socket:[123]`, `pipe:[4]`, `/path`. Throws when they may not be read. */
export function descriptorTargets(pid: number): string[] {
  const targets: string[] = [];
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    try {
      targets.push(readlinkSync(`/proc/${pid}/fd/${name}`));
    } catch {
      // Closed between the listing and the look: it is not open, so it does not count.
    }
  }
  return targets;
}
