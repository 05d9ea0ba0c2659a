/** The disk with the service's data is full for a while: a small one in memory, in a mount namespace of the service's own. */
import { existsSync, statfsSync, unlinkSync, writeFileSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { needsLoad, withLoad } from '../../faults/under-load.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import { judgeReadyAgain } from '../../faults/ready-again.ts';
import { folderOf, inFolder, inMountNamespace } from '../../faults/places.ts';
import { errorText } from '../../../harness/errors.ts';
import type { Trial } from '../../faults/trial.ts';
import type { Life } from '../one-life.ts';

const SIZE = '8m';
const HOLD_MS = 1_500;
const RECOVER_MS = 15_000;
const MOUNT = `mount -t tmpfs -o size=${SIZE},mode=700 tmpfs "$1"`;
const STOPPED_FULL = 'full when it is told to stop';

const scenario: FaultScenario = {
  name: 'disk-full',
  group: 'host',
  title: 'a full disk does not end it, and it recovers when there is room again',
  why: 'logs, backups and databases fill disks: a write that fails in the middle leaves half a file, and an error that nobody expects ends the process',
  fix: 'treat a failed write as an error of that one request; write beside the file and rename only what is whole',
  modes: [14],
  important: false,
  logless: 'that there is no space left stands in it, as it should',
  doesNotApply: (config) =>
    needsLoad(config) ??
    (usesScratch(config.service)
      ? undefined
      : 'service.env and service.command name no {scratch}: its data are elsewhere'),
  cannotRun: ({ mounts }) => (mounts ? undefined : 'a file system cannot be mounted in a namespace here'),
  cases: () => [
    { name: 'full under load, and free again', ends: 'clean' },
    { name: STOPPED_FULL, ends: 'any' },
  ],
  async run(trial) {
    const folder = folderOf(trial, 'disk');
    const nodePath = await trial.context.nodePath();
    const scratch = inFolder(trial, 'scratch', folder);
    const other = scratch.other('small disk', (service) =>
      inMountNamespace(service, nodePath, folder, MOUNT),
    );
    const life = await other.startReady();
    const load = await withLoad(other, life);
    const ballast = join(`/proc/${life.instance.pid}/root`, folder, 'ballast');
    noteFull(other, ballast);
    await other.hold(HOLD_MS);
    await load.stop();
    other.demandAlive(life, 'while its disk was full');
    if (trial.case.name !== STOPPED_FULL) await makeRoom(other, life, ballast);
    await other.stop(life);
  },
  judge: (history) =>
    history.case.name === STOPPED_FULL
      ? []
      : judgeReadyAgain(history, 'after there was room again', RECOVER_MS),
};
export default scenario;

/** Fills the disk to the last byte. */
function noteFull(trial: Trial, ballast: string): void {
  let refusal = '';
  for (let blocks = 4_096; blocks >= 1; blocks = Math.floor(blocks / 2)) {
    try {
      for (let count = 0; count < 64; count += 1) appendFileSync(ballast, Buffer.alloc(blocks * 1_024));
    } catch (error) {
      refusal = errorText(error);
    }
  }
  if (!refusal.includes('ENOSPC')) return;
  let bavail: number;
  try {
    ({ bavail } = statfsSync(join(ballast, '..')));
  } catch {
    return; // it has ended, which is asked about next
  }
  trial.struck(`the disk of ${SIZE} had ${bavail} blocks left, and a write of the harness ended in ENOSPC`);
}

async function makeRoom(trial: Trial, life: Life, ballast: string): Promise<void> {
  if (existsSync(ballast)) {
    writeFileSync(ballast, '');
    unlinkSync(ballast);
  }
  await trial.awaitReadiness(life, RECOVER_MS, 'once there was room again');
}

function usesScratch({ env, command }: { env: Record<string, string>; command: string[] }): boolean {
  return [...Object.values(env), ...command].some((text) => text.includes('{scratch}'));
}
