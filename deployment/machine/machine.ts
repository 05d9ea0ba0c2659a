/**
 * A disposable machine: a real systemd on a root file system, network and cgroup of its own, thrown away whole.
 * Opened by the machine test, by tests that need a unit, and by `shakedown machine`.
 */
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identityOf } from '../../harness/process-identity.ts';
import type { Transport } from '../../harness/transport/transport.ts';
import { boot } from './boot.ts';
import { demand } from './commands.ts';
import { clearProcesses, endMachine, powerOff } from './end-machine.ts';
import { BASE_ENVIRONMENT, transportInto } from './enter.ts';
import { prepareHost } from './host.ts';
import { createLayer, upperOf } from './layer.ts';
import { createNetwork, takenNumbers } from './network.ts';
import { addressOf, folderOf, HIGHEST_NUMBER, hostAddressOf, machinesFolder, type Suite } from './places.ts';
import { openProxy, packageEnvironment } from './proxy.ts';
import { claimNumber, listRecords, type MachineRecord, orphanedRecords } from './record.ts';
import { rootFor } from './root-fs.ts';

export interface Machine extends AsyncDisposable {
  readonly name: string;
  readonly suite: Suite;
  /** IPv4 address, reachable from this host. */
  readonly address: string;
  /** This host, as the machine reaches it. */
  readonly hostAddress: string;
  /** The first process inside, as this host numbers it; another one after a reboot. */
  readonly leaderPid: number;
  /** Runs inside, with the machine's capabilities. Programs that fetch packages get out through a proxy of the harness. */
  readonly transport: Transport;
  /** The same on this host's network. */
  readonly onlineTransport: Transport;
  /** What a command inside gets when it names no environment. */
  readonly environment: Record<string, string>;
  copyIn(from: string, to: string): Promise<void>;
  copyOut(from: string, to: string): Promise<void>;
  /** Powers off and boots again on the same disk. @returns systemd's state: `running` or `degraded`. */
  reboot(): Promise<string>;
  powerOff(): Promise<void>;
  /** Ends everything. @returns what was found left; empty when nothing is, which was looked for. */
  dispose(): Promise<string[]>;
}

export interface MachineRequest {
  suite: Suite;
  /** At most 40 letters, digits and hyphens; `bookworm-3` when left out. */
  name?: string;
  /** Lines for a person. */
  progress?: (text: string) => void;
  /** Outlives the process that opens it, until `down`. */
  keep?: boolean;
}

/** Builds what is needed and boots. @throws NoMachineError with one sentence where no machine can be had. */
export async function openMachine(request: MachineRequest): Promise<Machine> {
  const note = request.progress ?? (() => undefined);
  await prepareHost(note);
  await endOrphans(note);
  const root = await rootFor(request.suite, note);
  let record = await claim(request, root);
  try {
    await createLayer(record.number, request.keep === true);
    furnish(record);
    await createNetwork(record.number);
    const booted = await boot(record);
    record = booted.record;
    if (booted.state !== 'running') throw new Error(`a fresh machine came up ${booted.state}`);
    return await attach(record);
  } catch (error) {
    const known = listRecords().find(({ cgroup }) => cgroup === record.cgroup);
    const left = await endMachine({ ...record, ...known }, { orderly: false });
    if (left.length > 0) note(`left of the machine that did not boot: ${left.join('; ')}`);
    throw error;
  }
}

/** Ends the machines whose harness was killed. */
export async function endOrphans(note: (text: string) => void): Promise<void> {
  for (const record of orphanedRecords()) {
    note(`ending machine ${record.name}, left by process ${record.owner?.pid} that is gone`);
    const left = await endMachine(record, { orderly: false });
    if (left.length > 0) note(`left of ${record.name}: ${left.join('; ')}`);
  }
}

/** A machine that runs already, as `up` left it. */
export async function attach(initial: MachineRecord): Promise<Machine> {
  let record = initial;
  const hostAddress = hostAddressOf(record.number);
  const proxy = await openProxy(hostAddress);
  const environment = { ...BASE_ENVIRONMENT, ...packageEnvironment(hostAddress, proxy.port) };
  const inside = (): Transport => transportInto(record, { network: true, environment });
  const online = (): Transport => transportInto(record, { network: false, environment: BASE_ENVIRONMENT });
  let transports = { inside: inside(), online: online() };
  // Callers keep the transport over a reboot: it asks for the way in of the moment.
  const following = (which: 'inside' | 'online'): Transport => ({
    where: transports[which].where,
    run: (command, options) => transports[which].run(command, options),
    stream: (command, options) => transports[which].stream(command, options),
  });
  const copy = (from: string, to: string): Promise<string> =>
    demand(['cp', '--archive', '--no-target-directory', from, to]);
  const insidePath = (path: string): string => `/proc/${record.leader?.pid}/root${path}`;
  const dispose = async (): Promise<string[]> => {
    await proxy.close();
    return endMachine(record, { orderly: true });
  };
  return {
    name: record.name,
    suite: record.suite,
    address: addressOf(record.number),
    hostAddress,
    get leaderPid() {
      return record.leader?.pid ?? 0;
    },
    transport: following('inside'),
    onlineTransport: following('online'),
    environment,
    copyIn: async (from, to) => void (await copy(from, insidePath(to))),
    copyOut: async (from, to) => void (await copy(insidePath(from), to)),
    reboot: async () => {
      await stop(record);
      const booted = await boot(record);
      record = booted.record;
      transports = { inside: inside(), online: online() };
      return booted.state;
    },
    powerOff: () => stop(record),
    dispose,
    [Symbol.asyncDispose]: async () => {
      const left = await dispose();
      if (left.length > 0) throw new Error(`left of machine ${record.name}: ${left.join('; ')}`);
    },
  };
}

async function stop(record: MachineRecord): Promise<void> {
  if (!(await powerOff(record)))
    throw new Error(`machine ${record.name} did not power off; end it with \`down\``);
  await clearProcesses(record);
}

async function claim(request: MachineRequest, root: string): Promise<MachineRecord> {
  const { name, suite } = request;
  if (name !== undefined && !/^[a-z][a-z0-9-]{0,39}$/.test(name))
    throw new Error(`"${name}" is no name of a machine: small letters, digits and hyphens, a letter first`);
  if (listRecords().some((record) => record.name === name))
    throw new Error(
      `there is a machine ${name} already: end it with \`down --name ${name}\`, or choose another name`,
    );
  mkdirSync(machinesFolder(), { recursive: true });
  const taken = await takenNumbers();
  for (let number = 1; number <= HIGHEST_NUMBER; number += 1) {
    if (taken.has(number) || existsSync(folderOf(number))) continue;
    const record: MachineRecord = {
      number,
      name: name ?? `${suite}-${number}`,
      suite,
      root,
      since: new Date().toISOString(),
      ...(request.keep === true ? {} : { owner: identityOf(process.pid) ?? { pid: process.pid } }),
      cgroup: `shakedown-${number}-${randomBytes(6).toString('hex')}`,
    };
    if (claimNumber(record)) return record;
  }
  throw new Error(`all ${HIGHEST_NUMBER} numbers of machines are taken: end some with \`down\``);
}

/** What a machine takes from this host: how names are resolved and whose certificates are trusted. */
function furnish({ number, name }: MachineRecord): void {
  const put = (path: string, write: (target: string) => void): void => {
    const target = join(upperOf(number), path);
    mkdirSync(dirname(target), { recursive: true });
    write(target);
  };
  put('etc/hosts', (target) => writeFileSync(target, `127.0.0.1 localhost\n127.0.1.1 ${name}\n`));
  put('etc/resolv.conf', (target) => copyFileSync('/etc/resolv.conf', target));
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  if (existsSync(certificates)) put(certificates, (target) => copyFileSync(certificates, target));
}
