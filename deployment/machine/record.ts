/**
 * What is known of a machine on disk: written before anything is started, so that a harness that was killed at any
 * moment leaves enough to end what it began. Read by `list`, `down` and by every next run.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, type ProcessIdentity } from '../../harness/process-identity.ts';
import { writeAtomically } from '../../harness/run-store.ts';
import { folderOf, machinesFolder, type Suite } from './places.ts';

export interface MachineRecord {
  number: number;
  name: string;
  suite: Suite;
  /** Folder of the root file system below this machine's own layer. */
  root: string;
  /** ISO 8601, UTC. */
  since: string;
  /** The process that answers for the machine; absent when it was asked to outlive its maker (`up`). */
  owner?: ProcessIdentity;
  /** Name of the machine's group in every cgroup hierarchy: random, so that it can belong to nobody else. */
  cgroup: string;
  /** systemd-nspawn and the first process inside, as soon as they are known. */
  nspawn?: ProcessIdentity;
  leader?: ProcessIdentity;
  /** The machine's process namespace as /proc names it: `pid:[4026532]`. */
  pidNamespace?: string;
}

const FILE = 'machine.json';

/** Takes a number by moving a finished folder there: no moment at which a number is taken by nobody. */
export function claimNumber(draft: MachineRecord): boolean {
  const folder = folderOf(draft.number);
  const temporary = join(machinesFolder(), `.new-${process.pid}-${draft.number}`);
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(join(temporary, 'merged'), { recursive: true });
  writeAtomically(join(temporary, FILE), JSON.stringify(draft, null, 2));
  try {
    renameSync(temporary, folder);
    return true;
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

export function saveRecord(record: MachineRecord): void {
  writeAtomically(join(folderOf(record.number), FILE), JSON.stringify(record, null, 2));
}

/** Every machine of this host, also those whose harness is gone. */
export function listRecords(): MachineRecord[] {
  return numbersOf(machinesFolder())
    .map(readRecord)
    .filter((record) => record !== undefined)
    .sort((a, b) => a.number - b.number);
}

/** Machines that nobody answers for any more. */
export function orphanedRecords(): MachineRecord[] {
  return listRecords().filter(({ owner }) => owner !== undefined && !isAlive(owner));
}

function numbersOf(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readRecord(name: string): MachineRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(folderOf(Number(name)), FILE), 'utf8')) as MachineRecord;
  } catch (error) {
    // Ended by another run between the listing and the look.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
