import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../src/database.ts';
import { scratchFolder } from './subjects.ts';

let path: string;
let folder: string;
beforeEach(async () => {
  folder = await scratchFolder();
  path = join(folder, 'db.sqlite');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the database', () => {
  it('is opened by start, closed by stop, and safe to stop in any state', async () => {
    const database = new Database({ path });
    expect(() => database.connection).toThrow(/not open/);
    await database.stop();
    await database.start();
    await database.start();
    const { connection } = database;
    expect(connection.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    await database.stop();
    await database.stop();
    expect(connection.isOpen).toBe(false);
  });

  it('keeps its rows over a restart, without migrating twice', async () => {
    for (const expected of [0, 1]) {
      const database = new Database({ path });
      await database.start();
      expect(database.connection.prepare('SELECT count(*) AS runs FROM autopilot_runs').get()).toEqual({
        runs: expected,
      });
      database.connection.exec(`INSERT INTO autopilot_runs (ran_at, users) VALUES ('now', 0)`);
      await database.stop();
    }
  });

  it('refuses a newer schema and a folder that is not there, and holds nothing open', async () => {
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    await expect(new Database({ path }).start()).rejects.toThrow(/schema version 99.*run the newer program/);
    await expect(new Database({ path: join(path, 'no', 'db') }).start()).rejects.toThrow(
      /cannot open the database .*DATABASE_PATH/,
    );
    const after = new DatabaseSync(path);
    after.exec('BEGIN EXCLUSIVE; COMMIT');
    after.close();
  });
});
