/**
 * Who a process is, beyond its number: a pid is reused, a pid with its start time is not.
 * Used by the run store's lock and by whatever ends processes.
 */
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot as /proc tells them; absent where there is no /proc. */
  startTicks?: string;
}

/** The identity of a living process; `undefined` when there is none. A zombie is not alive. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  if (stat !== undefined)
    return stat.state === 'Z' || stat.state === 'X' ? undefined : { pid, startTicks: stat.startTicks };
  if (process.platform === 'linux') return undefined;
  return signalReaches(pid) ? { pid } : undefined;
}

/** Whether exactly this process still lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identityOf(identity.pid);
  return now !== undefined && now.startTicks === identity.startTicks;
}

function readStat(pid: number): { state: string; startTicks: string } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // no such process, or no /proc: the caller tells them apart
  }
  // The command stands in parentheses and may hold spaces and parentheses itself: count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTicks: fields[19] ?? '' };
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
