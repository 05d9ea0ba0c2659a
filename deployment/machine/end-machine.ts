/**
 * Ends a machine, orderly when it can, and proves that nothing of it is left. Works from the record alone, so that the
 * next run can end what a killed one left. Processes are ended by pid and start time, never by name.
 */
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { deadlineIn, poll } from '../../harness/deadline.ts';
import { isAlive, type ProcessIdentity } from '../../harness/process-identity.ts';
import { commandOf, listProcesses, type ProcessStat, readStat } from '../../harness/supervisors/proc.ts';
import { localTransport } from '../../harness/transport/local.ts';
import { cgroupFolders, cgroupMembers, removeCgroups } from './cgroups.ts';
import { releaseLayer } from './layer.ts';
import { mountsBelow } from './mounts.ts';
import { networkRemains, removeNetwork } from './network.ts';
import { folderOf } from './places.ts';
import type { MachineRecord } from './record.ts';

/** systemd's signal for an orderly power-off, given to the first process inside: SIGRTMIN+4. */
const POWER_OFF = 34 + 4;
const POWER_OFF_LIMIT_MS = 60_000;
const KILL_LIMIT_MS = 10_000;

/** Powers off as a server would: services are stopped. @returns whether the machine ended by itself in time. */
export async function powerOff(record: MachineRecord): Promise<boolean> {
  const { leader, nspawn } = record;
  if (leader !== undefined && isAlive(leader)) process.kill(leader.pid, POWER_OFF);
  const ended = await poll(
    () => ([leader, nspawn].some((one) => one !== undefined && isAlive(one)) ? undefined : true),
    deadlineIn(POWER_OFF_LIMIT_MS, `machine ${record.name} to power off`),
    { firstMs: 10, maxMs: 100 },
  );
  return ended.met;
}

/** After a power-off or instead of one: processes and groups. What boots next finds a free place. */
export async function clearProcesses(record: MachineRecord): Promise<void> {
  await poll(
    () => {
      const left = processesOf(record);
      for (const stat of left) kill(stat);
      return left.length === 0 ? true : undefined;
    },
    deadlineIn(KILL_LIMIT_MS, `processes of machine ${record.name} to end`),
    { firstMs: 5, maxMs: 50 },
  );
  await poll(
    () => {
      removeCgroups(record.cgroup);
      return cgroupFolders(record.cgroup).some((folder) => existsSync(folder)) ? undefined : true;
    },
    deadlineIn(KILL_LIMIT_MS, `groups of machine ${record.name} to empty`),
    { firstMs: 5, maxMs: 50 },
  );
}

/**
 * Ends everything; `orderly` lets the services inside stop first, which a machine that did not come up cannot do.
 * @returns what is left all the same; empty when nothing is, which was looked for and not assumed.
 */
export async function endMachine(
  record: MachineRecord,
  { orderly }: { orderly: boolean },
): Promise<string[]> {
  if (orderly && [record.leader, record.nspawn].some((one) => one !== undefined && isAlive(one)))
    await powerOff(record);
  await clearProcesses(record);
  await removeNetwork(record.number);
  await releaseLayer(record.number);
  // The machine's own folder last: as long as it is there, the next run knows of the machine.
  for (const path of [...nspawnPaths(record.number), folderOf(record.number)]) {
    if (mountsBelow(path).length > 0) continue;
    const remove = ['rm', '--recursive', '--force', '--one-file-system', path];
    await localTransport.run(remove, { timeoutMs: 120_000 });
  }
  return remainsOf(record);
}

/** What there is of a machine on this host: processes, mounts, groups, links, folders. */
export function remainsOf(record: MachineRecord): string[] {
  const folder = folderOf(record.number);
  return [
    ...processesOf(record).map(({ pid }) => `process ${pid}: ${commandOf(pid)}`),
    ...mountsAnywhere(folder),
    ...cgroupFolders(record.cgroup)
      .filter((path) => existsSync(path))
      .map((path) => `cgroup ${path}`),
    ...networkRemains(record.number),
    ...nspawnPaths(record.number).map((path) => `nspawn's ${path}`),
    ...(existsSync(folder) ? [`folder ${folder}`] : []),
  ];
}

/** Processes in the machine's groups or its process namespace, and the two that were recorded. Zombies are gone. */
function processesOf(record: MachineRecord): ProcessStat[] {
  const members = new Set(cgroupMembers(record.cgroup));
  const recorded = [record.nspawn, record.leader].filter((one) => one !== undefined);
  return listProcesses().filter(
    (stat) =>
      stat.state !== 'Z' &&
      stat.state !== 'X' &&
      stat.pid !== process.pid &&
      (members.has(stat.pid) || recorded.some((one) => isSame(one, stat)) || isInside(stat.pid, record)),
  );
}

const isSame = (identity: ProcessIdentity, { pid, startTicks }: ProcessStat): boolean =>
  identity.pid === pid && identity.startTicks === String(startTicks);

function isInside(pid: number, { pidNamespace }: MachineRecord): boolean {
  return pidNamespace !== undefined && linkTarget(`/proc/${pid}/ns/pid`) === pidNamespace;
}

function kill({ pid, startTicks }: ProcessStat): void {
  if (readStat(pid)?.startTicks !== startTicks) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // gone in between is what was wanted
  }
}

/** Mounts below a folder in whatever mount namespace a process of this host lives. */
function mountsAnywhere(folder: string): string[] {
  const seen = new Map<string, number>();
  for (const { pid } of listProcesses()) {
    const namespace = linkTarget(`/proc/${pid}/ns/mnt`);
    if (namespace !== undefined && !seen.has(namespace)) seen.set(namespace, pid);
  }
  return [...seen.values()].flatMap((pid) => {
    try {
      return mountsBelow(folder, pid).map((mount) => `mount ${mount}, seen by process ${pid}`);
    } catch {
      return []; // the process is gone, and with it its view
    }
  });
}

/** What nspawn itself keeps for a running machine, and leaves when it is killed. */
function nspawnPaths(number: number): string[] {
  return ['propagate', 'unix-export', 'locks']
    .map((name) => `/run/systemd/nspawn/${name}`)
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
    .filter((path) => path.endsWith(`/shakedown-${number}`));
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
