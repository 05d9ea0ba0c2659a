/**
 * Can this host have a machine? What is missing of Debian's packages is installed, and said; what cannot be had is one
 * sentence. Called before anything is built or booted.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getuid } from 'node:process';
import { UsageError } from '../../harness/errors.ts';
import { localTransport } from '../../harness/transport/local.ts';
import { endOf } from './commands.ts';

/** Program that is needed -> the Debian package that has it. */
const NEEDED = {
  mmdebstrap: 'mmdebstrap',
  'systemd-nspawn': 'systemd-container',
  ip: 'iproute2',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  tar: 'tar',
} as const satisfies Record<string, string>;

/** Debian's own keys; another distribution has them in a package of that name. */
export const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The host cannot have a machine; the message is the one sentence that says why. */
export class NoMachineError extends UsageError {
  override readonly name: string = 'NoMachineError';
}

/** Why this host can have no machine whatever is installed; `undefined` when it may. Looks, and changes nothing. */
export function hostObstacle(): string | undefined {
  if (process.platform !== 'linux') return `a machine needs Linux, and this is ${process.platform}`;
  if (getuid?.() !== 0) return 'a machine needs root (namespaces, mounts, cgroups): run it as root';
  if (!hasCapability(21)) return 'a machine needs CAP_SYS_ADMIN, which this container does not have';
  const missing = missingPackages();
  if (missing.length > 0 && !onPath('apt-get'))
    return `a machine needs ${missing.join(', ')}, and there is no apt-get to install from`;
  return undefined;
}

/** Makes this host ready. @throws NoMachineError with one sentence. */
export async function prepareHost(note: (text: string) => void): Promise<void> {
  const obstacle = hostObstacle();
  if (obstacle !== undefined) throw new NoMachineError(`no machine can be had here: ${obstacle}`);
  await localTransport.run(['modprobe', 'overlay'], { timeoutMs: 10_000 });
  if (!/\boverlay\b/.test(readFileSync('/proc/filesystems', 'utf8')))
    throw new NoMachineError('no machine can be had here: the kernel has no overlay file system');
  const missing = missingPackages();
  if (missing.length > 0) await installPackages(missing, note);
}

function missingPackages(): string[] {
  const programs = Object.entries(NEEDED)
    .filter(([program]) => !onPath(program))
    .map(([, name]) => name);
  return [...new Set([...programs, ...(existsSync(KEYRING) ? [] : ['debian-archive-keyring'])])];
}

async function installPackages(packages: readonly string[], note: (text: string) => void): Promise<void> {
  note(`installing on this host, as a machine needs them: ${packages.join(' ')}`);
  const environment = { ...ownEnvironment(), DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l' };
  const get = ['apt-get', '--quiet', '--yes', '--no-remove', '--no-install-recommends'];
  const allow = forbidServiceStarts();
  try {
    for (const command of [
      ['apt-get', '--quiet', 'update'],
      [...get, 'install', ...packages],
    ]) {
      const result = await localTransport.run(command, { timeoutMs: 300_000, environment });
      if (!result.ran || result.code !== 0)
        throw new NoMachineError(
          `no machine can be had here: \`${command.join(' ')}\` ${endOf(result)}; install ${packages.join(', ')} by hand`,
        );
    }
  } finally {
    allow();
  }
  const still = missingPackages();
  if (still.length > 0)
    throw new NoMachineError(`no machine can be had here: ${still.join(', ')} installed, and still missing`);
}

const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_TEXT =
  '#!/bin/sh\n# Written by shakedown while it installs packages: no service is started.\nexit 101\n';

/** Debian asks this file before a package starts a service. One that is there stays as it is. */
function forbidServiceStarts(): () => void {
  if (existsSync(POLICY) && readFileSync(POLICY, 'utf8') !== POLICY_TEXT) return () => undefined;
  writeFileSync(POLICY, POLICY_TEXT, { mode: 0o755 });
  return () => rmSync(POLICY, { force: true });
}

function onPath(program: string): boolean {
  return [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'].some((folder) =>
    existsSync(`${folder}/${program}`),
  );
}

function hasCapability(bit: number): boolean {
  const [, mask = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return ((BigInt(`0x${mask}`) >> BigInt(bit)) & 1n) === 1n;
}

function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
