/**
 * Ways into a machine: all of its namespaces, or all but the network. What runs inside has the machine's capabilities
 * and no more: without that a `date --set` inside moved the clock of the host.
 */
import { readFileSync } from 'node:fs';
import { transportThrough } from '../../harness/transport/through.ts';
import type { Transport } from '../../harness/transport/transport.ts';
import type { MachineRecord } from './record.ts';

export const BASE_ENVIRONMENT: Record<string, string> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  USER: 'root',
  LOGNAME: 'root',
  SHELL: '/bin/bash',
  LANG: 'C.UTF-8',
};

const EVERYTHING = ['--mount', '--uts', '--ipc', '--pid', '--cgroup'];

/** How much later than the local half the command inside is ended, should that not have done it. */
const AFTERMATH_MS = 1_000;

/** For commands without a limit of their own. With one, `timeout` must outlive nsenter to end all that it started. */
const DIES_WITH_NSENTER = ['--pdeathsig', 'KILL'];

export interface Way {
  /** Enter the machine's network too; without it the command sees this host's. */
  network: boolean;
  /** Used when a command names no environment of its own. */
  environment: Record<string, string>;
}

/** Runs commands inside the machine that `record` names. */
export function transportInto(
  record: MachineRecord,
  { network, environment }: Way = { network: true, environment: BASE_ENVIRONMENT },
): Transport {
  const { leader } = record;
  if (leader === undefined) throw new Error(`the machine ${record.name} does not run`);
  const bounding = boundingSetOf(leader.pid);
  return transportThrough({
    where: `machine ${record.name}${network ? '' : " (on this host's network)"}`,
    argv: (command, { cwd, environment: own, timeoutMs }) => [
      ...['nsenter', `--target=${leader.pid}`, ...EVERYTHING, ...(network ? ['--net'] : []), '--'],
      ...['setpriv', ...(timeoutMs === undefined ? DIES_WITH_NSENTER : []), '--bounding-set', bounding, '--'],
      ...['env', '-i', `--chdir=${cwd ?? '/'}`],
      ...Object.entries(own ?? environment).map(([name, value]) => `${name}=${value}`),
      ...(timeoutMs === undefined ? [] : limited(timeoutMs + AFTERMATH_MS)),
      ...command,
    ],
  });
}

const limited = (ms: number): string[] => [...['timeout', '--signal=KILL', `${(ms / 1000).toFixed(1)}s`]];

/** The leader's bounding set, as setpriv takes it; by number, as names differ between releases. */
function boundingSetOf(pid: number): string {
  const [, mask = '0'] = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  const bits = BigInt(`0x${mask}`);
  const kept = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (bits >> BigInt(bit)) & 1n);
  return ['-all', ...kept.map((bit) => `+cap_${bit}`)].join(',');
}
