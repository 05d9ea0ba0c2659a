/** A second process that holds the write lock of an SQLite database. Used by database-locked. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { errorText } from '../../harness/errors.ts';
import { RUN_MARK_VARIABLE } from '../../harness/stage.ts';
import { ScenarioAborted } from '../scenarios/scenario.ts';
import type { Trial } from './trial.ts';

export interface Lock {
  words: string;
  /** Safe twice. */
  release(): Promise<void>;
}

const LOCK_MS = 10_000;
/** Ends by itself when whoever started it is gone: its standard input ends. */
const SCRIPT = `
const { DatabaseSync } = require('node:sqlite');
const database = new DatabaseSync(process.argv[1], { timeout: 8000 });
database.exec('BEGIN IMMEDIATE');
process.stdout.write('locked\\n');
process.stdin.resume().on('end', () => { database.exec('ROLLBACK'); database.close(); });
`;

/** Takes the lock; it is given back at the end of the case at the latest. */
export async function holdLock(trial: Trial, file: string): Promise<Lock> {
  const environment = { ...process.env };
  delete environment[RUN_MARK_VARIABLE];
  const child = spawn(process.execPath, ['--no-warnings', '--eval', SCRIPT, file], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment,
  });
  const ended = once(child, 'close');
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const release = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  trial.context.atEnd(release);
  const locked = (): true | undefined => (said.startsWith('locked') ? true : undefined);
  const isOver = (): boolean => child.exitCode !== null;
  const waited = await trial
    .until(() => locked() ?? (isOver() ? true : undefined), LOCK_MS, 'the lock of the database')
    .catch((error: unknown) => ({ met: false as const, reason: errorText(error) }));
  if (!waited.met || !said.startsWith('locked'))
    throw new ScenarioAborted(
      `the database ${file} could not be locked: ${said.slice(0, 300) || 'no answer'}`,
    );
  return { words: `pid ${child.pid} held the write lock of the database`, release };
}
