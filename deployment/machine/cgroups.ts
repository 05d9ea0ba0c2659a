/**
 * A machine's own cgroup, in the hierarchies that systemd works in: with `--keep-unit` nspawn makes its groups below
 * the caller's, and two machines in one group would fight over them. Called by `boot.ts` and `end-machine.ts`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

/** Folders of a machine's group: in the unified hierarchy, and in systemd's own where there is one. */
export function cgroupFolders(group: string): string[] {
  return hierarchies().map((mount) => join(mount, group));
}

export function createCgroups(group: string): string[] {
  const folders = cgroupFolders(group);
  if (folders.length === 0)
    throw new Error('no cgroup2 and no systemd hierarchy is mounted on this host: a systemd cannot run');
  for (const folder of folders) mkdirSync(folder);
  return folders;
}

/** Processes in a machine's groups, in all of their subgroups. */
export function cgroupMembers(group: string): number[] {
  const pids = cgroupFolders(group)
    .flatMap(subgroups)
    .flatMap((folder) => {
      try {
        return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
      } catch {
        return []; // removed meanwhile
      }
    });
  return [...new Set(pids)];
}

/** Removes a machine's groups, innermost first; what still holds a process stays and is told by the proof. */
export function removeCgroups(group: string): void {
  for (const folder of cgroupFolders(group).flatMap(subgroups).reverse()) {
    try {
      rmdirSync(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EBUSY' && code !== 'ENOENT' && code !== 'ENOTEMPTY') throw error;
    }
  }
}

/** A folder and all below, outer ones first; nothing when it is gone. */
function subgroups(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...inner.flatMap(({ name }) => subgroups(join(folder, name)))];
}

function hierarchies(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const [type, , options = ''] = after.split(' ');
      const mount = before.split(' ')[4] ?? '';
      const ours = type === 'cgroup2' || (type === 'cgroup' && options.split(',').includes('name=systemd'));
      return ours ? [mount] : [];
    });
}
