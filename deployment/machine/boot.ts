/**
 * Boots a machine and finds its first process. Called by `machine.ts`, and again for each reboot: on the same layer,
 * in the same network.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { deadlineIn, poll } from '../../harness/deadline.ts';
import { identityOf, isAlive, type ProcessIdentity } from '../../harness/process-identity.ts';
import { listProcesses } from '../../harness/supervisors/proc.ts';
import { createCgroups } from './cgroups.ts';
import { transportInto } from './enter.ts';
import { namespacePath } from './network.ts';
import { folderOf } from './places.ts';
import { type MachineRecord, saveRecord } from './record.ts';

const LEADER_LIMIT_MS = 15_000;
const BOOT_LIMIT_MS = 90_000;

/**
 * The mount is made in a mount namespace of its own and is gone with it; the layers of other machines are let go there, or
 * they would live on in it. The group is joined before nspawn starts, or it
 * would make its groups in that of the caller.
 */
const BOOT_SCRIPT = `set -eu
machine=$1 root=$2 network=$3 name=$4 number=$5
shift 5
for other in "\${machine%/*}"/*/layer; do
  [ "$other" = "$machine/layer" ] || umount "$other" 2>/dev/null || continue
done
for group; do echo $$ >"$group/cgroup.procs"; done
mount -t overlay overlay -o "lowerdir=$root,upperdir=$machine/layer/upper,workdir=$machine/layer/work" "$machine/merged"
exec systemd-nspawn --quiet --directory="$machine/merged" --boot --register=no --keep-unit \\
  --machine="shakedown-$number" --hostname="$name" --console=pipe --kill-signal=SIGRTMIN+4 \\
  --network-namespace-path="$network" --resolv-conf=off --timezone=off
`;

/** Boots, and returns the record with who runs it now. `state` is systemd's own: `running` or `degraded`. */
export async function boot(record: MachineRecord): Promise<{ record: MachineRecord; state: string }> {
  const folder = folderOf(record.number);
  const groups = createCgroups(record.cgroup);
  const console = openSync(join(folder, 'console.log'), 'a');
  const script = [BOOT_SCRIPT, 'boot', folder, record.root, namespacePath(record.number), record.name];
  const child = spawn('unshare', ['--mount', '--', 'sh', '-c', ...script, String(record.number), ...groups], {
    detached: true,
    stdio: ['ignore', console, console],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  closeSync(console);
  await new Promise<void>((done, fail) => child.once('spawn', done).once('error', fail));
  child.unref();
  const nspawn = identityOf(child.pid ?? 0);
  if (nspawn === undefined) throw new Error(`the machine ended as it started: ${consoleEnd(folder)}`);
  let next: MachineRecord = { ...record, nspawn };
  saveRecord(next);
  const leader = await findLeader(nspawn, folder);
  next = { ...next, leader, pidNamespace: readlinkSync(`/proc/${leader.pid}/ns/pid`) };
  saveRecord(next);
  return { record: next, state: await waitUntilUp(next, folder) };
}

/** nspawn's first child is a short-lived helper in this host's namespaces: the leader is the one that is 1 inside. */
async function findLeader(nspawn: ProcessIdentity, folder: string): Promise<ProcessIdentity> {
  const found = await poll(
    () => {
      if (!isAlive(nspawn)) return 'ended' as const;
      const child = listProcesses().find(
        ({ pid, parentPid }) => parentPid === nspawn.pid && isFirstInside(pid),
      );
      return child === undefined ? undefined : identityOf(child.pid);
    },
    deadlineIn(LEADER_LIMIT_MS, 'the first process of the machine'),
    { firstMs: 5, maxMs: 50 },
  );
  if (!found.met) throw new Error(`${found.reason}: ${consoleEnd(folder)}`);
  if (found.value === 'ended') throw new Error(`systemd-nspawn ended: ${consoleEnd(folder)}`);
  return found.value;
}

function isFirstInside(pid: number): boolean {
  try {
    const [, ids = ''] = /^NSpid:\s*(.+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    const numbers = ids.trim().split(/\s+/);
    return numbers.length > 1 && numbers.at(-1) === '1';
  } catch {
    return false; // gone between the listing and the look
  }
}

async function waitUntilUp(record: MachineRecord, folder: string): Promise<string> {
  const { leader } = record;
  if (leader === undefined) throw new Error('a machine without a first process cannot be up');
  const inside = transportInto(record);
  let last = 'nothing yet';
  const up = await poll(
    async () => {
      if (!isAlive(leader)) return 'ended';
      const result = await inside.run(['systemctl', 'is-system-running'], { timeoutMs: 5_000 });
      last = result.ran ? result.stdout.trim() || result.stderr.trim() : result.reason;
      return ['running', 'degraded', 'maintenance'].includes(last) ? last : undefined;
    },
    deadlineIn(BOOT_LIMIT_MS, 'systemd to be up'),
    { firstMs: 20, maxMs: 200 },
  );
  if (!up.met) throw new Error(`${up.reason}; systemd says "${last}": ${consoleEnd(folder)}`);
  if (up.value === 'ended') throw new Error(`the machine ended while it booted: ${consoleEnd(folder)}`);
  return up.value;
}

/** The last lines that the machine wrote on its console. */
function consoleEnd(folder: string): string {
  const lines = readFileSync(join(folder, 'console.log'), 'utf8').trim().split('\n');
  return lines.slice(-8).join(' | ') || '(nothing on the console)';
}
