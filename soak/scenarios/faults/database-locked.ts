/** A second process holds the write lock of the database: while the service starts, while it works, while it stops. */
import { holdLock } from '../../faults/database.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import { judgeReadyAgain } from '../../faults/ready-again.ts';
import { folderOf, inFolder } from '../../faults/places.ts';
import { saysWhy } from '../../faults/refusals.ts';
import type { Trial } from '../../faults/trial.ts';
import { observed } from '../../judges/judge.ts';

const STARTING = 'locked while it starts';
const WORKING = 'locked while it works, and free again';
const STOPPING = 'locked while it stops';
const HOLD_MS = 3_000;
const RECOVER_MS = 15_000;

const scenario: FaultScenario = {
  name: 'database-locked',
  group: 'dependencies',
  title: 'a database that somebody else has locked does not end it for good, nor hold its exit',
  why: 'backups and migrations hold the lock for seconds: a write that fails where nobody expects it ends the process, and a stop that waits for the lock is killed',
  fix: 'set a busy timeout that is shorter than the stop deadline, and treat SQLITE_BUSY as an error of that one request',
  modes: [33, 34],
  important: false,
  logless: 'that the database is locked stands in it, as it should',
  doesNotApply: ({ soak }) =>
    soak.faults.database === undefined ? 'soak.faults.database names no SQLite file' : undefined,
  cases: () => [
    { name: 'a first life, which makes the database', ends: 'clean', plain: true },
    { name: WORKING, ends: 'clean' },
    // What it had to write at its stop may have been lost: then it says so.
    { name: STOPPING, ends: 'any' },
    { name: STARTING, ends: 'any' },
  ],
  async run(trial) {
    const folder = folderOf(trial, 'data');
    const other = inFolder(trial, 'data', folder);
    const { name } = trial.case;
    const file = (trial.context.database ?? '').replaceAll('{scratch}', folder);
    if (name === STARTING) return lockedAtStart(other, file);
    const life = await other.startReady();
    if (name !== WORKING && name !== STOPPING) return other.stop(life);
    const lock = await holdLock(other, file);
    trial.struck(lock.words);
    await other.hold(name === WORKING ? HOLD_MS : 100);
    other.demandAlive(life, 'while its database was locked');
    if (name === WORKING) {
      await lock.release();
      await other.awaitReadiness(life, RECOVER_MS, 'once the database was free again');
    }
    await other.stop(life);
    await lock.release();
  },
  judge: (history) => {
    if (history.case.name === WORKING) return judgeReadyAgain(history, 'after the lock was gone', RECOVER_MS);
    // It gave up at its start: that is its right, when it says why.
    const gaveUp = observed(history, 'heard').some(({ what }) => what === 'last words');
    return gaveUp ? saysWhy(history, /SQLITE_BUSY|\block(ed)?\b|\bbusy\b/i, 'the lock') : [];
  },
};
export default scenario;

/** It waits for the lock and gets ready, or gives up and says why. */
async function lockedAtStart(trial: Trial, file: string): Promise<void> {
  const lock = await holdLock(trial, file);
  const life = await trial.start();
  trial.struck(lock.words);
  await trial.until(
    () => (life.instance.exit() === undefined ? undefined : true),
    HOLD_MS,
    'it to end or wait for the lock',
  );
  await lock.release();
  if (life.instance.exit() !== undefined) return trial.refuse(life);
  await trial.becomeReady(life);
  await trial.stop(life);
}
