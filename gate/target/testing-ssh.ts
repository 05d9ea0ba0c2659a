/** Makes a machine reachable over ssh, as a staging host is. Tests only. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../../deployment/machine/machine.ts';
import { inside } from '../../deployment/supervisor/testing-unit.ts';

/** @param folder gets the key and the host's. @returns the options of `gate` that lead there. */
export async function openSsh(machine: Machine, folder: string): Promise<string[]> {
  await inside(machine, 'apt-get update --quiet=2; apt-get install --yes --quiet=2 openssh-server');
  const key = join(folder, 'key');
  const known = join(folder, 'known');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  await machine.copyIn(`${key}.pub`, '/root/authorized_keys');
  await inside(
    machine,
    'install -D --mode=600 /root/authorized_keys /root/.ssh/authorized_keys; systemctl start ssh',
  );
  writeFileSync(
    known,
    `${machine.address} ${await inside(machine, 'cat /etc/ssh/ssh_host_ed25519_key.pub')}`,
  );
  return ['--target', `ssh://root@${machine.address}`, '--identity', key, '--known-hosts', known];
}
