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

describe('a database that another process has locked', () => {
  const waitMs = ({ connection }: Database) => connection.prepare('PRAGMA busy_timeout').get()?.['timeout'];

  it('is waited for once; then not for long, until it is free again', async () => {
    const database = new Database({ path });
    await database.start();
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    expect(waitMs(database)).toBe(2_000);
    expect(() => database.healthy()).toThrow(/locked/);
    expect(waitMs(database)).toBe(50);
    expect(() => database.transaction(() => undefined)).toThrow(/locked/);
    await expect(database.reopen()).rejects.toThrow(/locked/);
    other.exec('ROLLBACK');
    other.close();
    await database.reopen();
    expect(waitMs(database)).toBe(50);
    database.run(`INSERT INTO autopilot_runs (ran_at, users) VALUES ('', 0)`);
    expect(waitMs(database)).toBe(2_000);
    await database.stop();
  });

  it('is not taken for another error', async () => {
    const database = new Database({ path });
    await database.start();
    expect(() => database.run('INSERT INTO nowhere DEFAULT VALUES')).toThrow(/no such table/);
    expect(() => database.transaction(() => database.run('INSERT INTO users (id) VALUES (1)'))).toThrow();
    expect(waitMs(database)).toBe(2_000);
    await database.stop();
  });
});

describe('a transaction', () => {
  const runs = (database: Database) =>
    Number(database.select('SELECT count(*) AS runs FROM autopilot_runs')[0]?.['runs']);
  const insert = (database: Database) =>
    database.run(`INSERT INTO autopilot_runs (ran_at, users) VALUES ('', 0)`);
  let database: Database;
  beforeEach(async () => {
    database = new Database({ path });
    await database.start();
  });
  afterEach(() => database.stop());

  it('commits all or nothing, and calls back only after the commit', () => {
    const told: string[] = [];
    expect(() =>
      database.transaction(() => {
        insert(database);
        database.afterCommit(() => told.push('undone'));
        throw new Error('planted');
      }),
    ).toThrow('planted');
    expect(runs(database)).toBe(0);
    const result = database.transaction(() => {
      insert(database);
      database.afterCommit(() => told.push(`done ${database.connection.isTransaction}`));
      expect(told).toEqual([]);
      return 'result';
    });
    expect([result, runs(database), told]).toEqual(['result', 1, ['done false']]);
    database.afterCommit(() => told.push('at once'));
    expect(told).toEqual(['done false', 'at once']);
  });

  it('within another undoes its own part alone', () => {
    const told: string[] = [];
    database.transaction(() => {
      insert(database);
      try {
        database.transaction(() => {
          insert(database);
          database.afterCommit(() => told.push('part'));
          throw new Error('planted');
        });
      } catch {
        database.afterCommit(() => told.push('whole'));
      }
    });
    expect([runs(database), told]).toEqual([1, ['whole']]);
  });

  it('refuses work that is not done when it returns', () => {
    expect(() => database.transaction(async () => insert(database))).toThrow(/returned a promise/);
    expect(runs(database)).toBe(0);
  });

  it('keeps whole numbers beyond 2^53 exact', () => {
    database.run('INSERT INTO autopilot_runs (ran_at, users) VALUES (?, ?)', '', 2n ** 62n + 1n);
    expect(database.select('SELECT users FROM autopilot_runs')).toEqual([{ users: 2n ** 62n + 1n }]);
  });

  it('is written to the disk before it returns', () => {
    expect(database.select('PRAGMA synchronous')).toEqual([{ synchronous: 2n }]);
  });

  it('health is told by reading and writing, and a reopened database goes on', async () => {
    database.healthy();
    await database.reopen();
    insert(database);
    expect(runs(database)).toBe(1);
    database.connection.exec('PRAGMA query_only = ON');
    expect(() => database.healthy()).toThrow(/readonly/);
    await database.reopen();
    database.healthy();
    await rm(folder, { recursive: true, force: true });
    await expect(database.reopen()).rejects.toThrow(/cannot open the database/);
    expect(database.connection.isOpen).toBe(true);
  });
});
