/** The database is no database any more when the service starts. */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import type { FaultScenario } from '../../faults/fault.ts';
import { folderOf, inFolder } from '../../faults/places.ts';
import { saysWhy } from '../../faults/refusals.ts';
import { observed } from '../../judges/judge.ts';
import { ScenarioAborted } from '../scenario.ts';

const FIRST = 'a first life, which makes the database';
const DAMAGED = 'the file is no database';
const RESTORED = 'the file as it was before';

const scenario: FaultScenario = {
  name: 'database-damaged',
  group: 'dependencies',
  title: 'a database that cannot be read ends the start with a clear error, and is left as it is',
  why: 'a service that starts with an empty database instead has lost all its data by the time that somebody notices; one that says nothing is restarted for ever',
  fix: 'let an error of the database end the start with a code other than 0 and its path; never remove or replace what cannot be read',
  modes: [14, 15],
  important: false,
  logless: 'that the database cannot be read stands in it, as it should',
  doesNotApply: ({ soak }) =>
    soak.faults.database === undefined ? 'soak.faults.database names no SQLite file' : undefined,
  cases: () => [
    { name: FIRST, ends: 'clean', plain: true },
    { name: DAMAGED, ends: 'refused' },
    { name: RESTORED, ends: 'clean', plain: true },
  ],
  async run(trial) {
    const folder = folderOf(trial, 'data');
    const other = inFolder(trial, 'data', folder);
    const file = (trial.context.database ?? '').replaceAll('{scratch}', folder);
    if (trial.case.name !== DAMAGED) return other.stop(await other.startReady());
    if (!existsSync(file))
      throw new ScenarioAborted(`there is no ${file}: soak.faults.database names another file`);
    // What a life that was killed left in the write-ahead log would heal the damage.
    if (existsSync(`${file}-wal`)) throw new ScenarioAborted('the life before has not closed the database');
    const before = `${file}.before`;
    copyFileSync(file, before);
    writeFileSync(file, Buffer.alloc(8_192, 'this is no database '));
    const digest = digestOf(file);
    const life = await other.start();
    trial.struck('the first 8192 bytes of the database were overwritten before the start');
    try {
      await other.refuse(life);
      trial.measured('leftAlone', digestOf(file) === digest ? 1 : 0);
    } finally {
      copyFileSync(before, file);
    }
  },
  judge: (history) => {
    const leftAlone = observed(history, 'measured').find(({ what }) => what === 'leftAlone')?.value;
    if (history.case.name !== DAMAGED) return [];
    return [
      ...saysWhy(
        history,
        /SQLITE_|not a database|malformed|corrupt|(database|sqlite|\.db\b).*(cannot|could not|failed|error|damaged|unreadable)/i,
        'the database',
      ),
      leftAlone === undefined
        ? { outcome: 'unknown', message: 'what became of the file is not on record' }
        : leftAlone === 1
          ? { outcome: 'pass', message: 'the file was left as it was' }
          : { outcome: 'fail', message: 'it has changed a file that it could not read' },
    ];
  },
};
export default scenario;

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
