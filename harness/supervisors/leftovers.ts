/**
 * Finds and ends processes by what they carry: their group, and a variable of their environment.
 * Called by the process supervisor. Always by pid and start time, so that a reused pid is never hit.
 */
import { readdirSync } from 'node:fs';
import { deadlineIn, poll } from '../deadline.ts';
import { carriesVariable, listProcesses, readStat } from './proc.ts';
import type { ProcessStat } from './proc.ts';

/** What was started: the leader of a process group of its own. */
export interface GroupRecord {
  pid: number;
  startTicks: number;
}

/** What every process of one supervisor carries in its environment. */
export interface Marker {
  name: string;
  value: string;
}

/** Living processes (no zombies) that belong to one of the groups or carry the marker, other than this one. */
export function findLeftovers(groups: readonly GroupRecord[], marker: Marker): ProcessStat[] {
  const processes = listProcesses().filter((stat) => stat.state !== 'Z' && stat.pid !== process.pid);
  const leaders = new Map(processes.map((stat) => [stat.pid, stat]));
  const ours = groups.filter((group) => {
    const leader = leaders.get(group.pid);
    // A pid is not reused while a group of that number lives: another start time means that our group is gone.
    return leader === undefined || leader.startTicks === group.startTicks;
  });
  return processes.filter(
    (stat) =>
      ours.some(
        (group) =>
          stat.groupId === group.pid && stat.sessionId === group.pid && stat.startTicks >= group.startTicks,
      ) || carriesVariable(stat.pid, marker.name, marker.value),
  );
}

/**
 * Ends what `find` finds: SIGTERM, and after `graceMs` SIGKILL until nothing is found or `killMs` have passed.
 * Returns what is still there.
 */
export async function endProcesses(
  find: () => ProcessStat[],
  graceMs: number,
  killMs: number,
): Promise<ProcessStat[]> {
  const first = find();
  if (first.length === 0) return [];
  const seen = new Map(first.map((stat) => [stat.pid, stat]));
  const remaining = (): ProcessStat[] => {
    const found = find();
    for (const stat of found) seen.set(stat.pid, stat);
    // A process that is ending loses its environment, and so is not found, before its sockets are closed.
    return [
      ...found,
      ...[...seen.values()].filter((stat) => !found.some(({ pid }) => pid === stat.pid) && isLiving(stat)),
    ];
  };
  for (const stat of first) sendTo(stat, 'SIGTERM');
  const graceful = await poll(
    () => (remaining().length === 0 ? true : undefined),
    deadlineIn(graceMs, 'processes to end'),
    PACE,
  );
  if (graceful.met) return [];
  const killed = await poll(
    () => {
      const left = remaining();
      for (const stat of left) sendTo(stat, 'SIGKILL');
      return left.length === 0 ? true : undefined;
    },
    deadlineIn(killMs, 'killed processes to end'),
    PACE,
  );
  return killed.met ? [] : remaining();
}

/** Whether the process still has something open: its first thread is a zombie before the last one closes the files. */
function isLiving(stat: ProcessStat): boolean {
  const now = readStat(stat.pid);
  if (now?.startTicks !== stat.startTicks) return false;
  return (now.state !== 'Z' && now.state !== 'X') || threadsOf(stat.pid) > 1;
}

function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0; // gone in between, which is what was asked
  }
}

const PACE = { firstMs: 2, maxMs: 50 };

function sendTo(stat: ProcessStat, signal: NodeJS.Signals): void {
  if (readStat(stat.pid)?.startTicks !== stat.startTicks) return;
  try {
    process.kill(stat.pid, signal);
  } catch (error) {
    // Gone in between is what was wanted; anything else shows in what is still found afterwards.
    if (
      (error as NodeJS.ErrnoException).code !== 'ESRCH' &&
      (error as NodeJS.ErrnoException).code !== 'EPERM'
    )
      throw error;
  }
}
