/**
 * The SQLite database: opened by `start()`, closed by `stop()`, brought to the current schema in between. Everything
 * that writes does so through its transactions.
 */
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';
import type { Subsystem } from './lifecycle.ts';
import { MIGRATIONS } from './migrations.ts';

/**
 * How long a write waits for a lock that another process holds. SQLite waits in the only thread: after one wait in vain the
 * next ones are short, or a lock that stays would stop the event loop, the shutdown included, for as long as it is held.
 */
const LOCK_WAIT_MS = 2_000;
const LOCKED_WAIT_MS = 50;
const SQLITE_BUSY = 5;

/** A row as `select` reads it: integers are bigints, since amounts may not fit a number. */
export type Row = Record<string, SQLOutputValue>;

export class Database implements Subsystem {
  readonly name = 'database';
  readonly #path: string;
  #connection: DatabaseSync | null = null;
  #lockWaitMs = LOCK_WAIT_MS;
  #afterCommit: (() => void)[] = [];

  constructor({ path }: { path: string }) {
    this.#path = path;
  }

  /** The open connection; throws before `start()` and after `stop()`. */
  get connection(): DatabaseSync {
    if (this.#connection === null)
      throw new Error('the database is not open; it is between start() and stop()');
    return this.#connection;
  }

  async start(): Promise<void> {
    if (this.#connection !== null) return;
    this.#lockWaitMs = LOCK_WAIT_MS;
    this.#connection = openCurrent(this.#path, this.#lockWaitMs);
  }

  async stop(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    connection?.close();
  }

  /** The rows that a query finds. */
  select(sql: string, ...parameters: SQLInputValue[]): Row[] {
    const statement = this.connection.prepare(sql);
    statement.setReadBigInts(true);
    return statement.all(...parameters);
  }

  /** Runs a statement; returns the id of the row it inserted last, and how many rows it changed. */
  run(sql: string, ...parameters: SQLInputValue[]): { id: number; changes: number } {
    const statement = this.connection.prepare(sql);
    const { lastInsertRowid, changes } = this.#writing(() => statement.run(...parameters));
    return { id: Number(lastInsertRowid), changes: Number(changes) };
  }

  /**
   * Does `work` in one transaction: all of it is committed, or, when it throws, nothing is and the error goes on to the
   * caller. Within another transaction it becomes a part of that one, and only its own part is undone. `work` is
   * synchronous, so that nothing else comes in between.
   */
  transaction<T>(work: () => T): T {
    const { connection } = this;
    const isOuter = !connection.isTransaction;
    const callbacksBefore = this.#afterCommit.length;
    // Immediate: a lock that somebody else holds is met here, and not in the middle of the work.
    this.#writing(() => connection.exec(isOuter ? 'BEGIN IMMEDIATE' : 'SAVEPOINT part'));
    let result: T;
    try {
      result = work();
      if (result instanceof Promise)
        throw new Error('the work of a transaction returned a promise, but must be done when it returns');
      connection.exec(isOuter ? 'COMMIT' : 'RELEASE part');
    } catch (error) {
      this.#afterCommit.length = callbacksBefore;
      // SQLite itself has ended the transaction after some errors, such as a full disk.
      if (connection.isTransaction) connection.exec(isOuter ? 'ROLLBACK' : 'ROLLBACK TO part; RELEASE part');
      throw error;
    }
    if (isOuter) this.#runAfterCommit();
    return result;
  }

  /** Runs `callback` once the transaction under way has committed, never when it is undone; at once when there is none. */
  afterCommit(callback: () => void): void {
    this.#afterCommit.push(callback);
    if (!this.connection.isTransaction) this.#runAfterCommit();
  }

  /** Throws when the database cannot be read, or not be written. */
  healthy(): void {
    this.connection.prepare('SELECT count(*) FROM users').get();
    // A write that changes nothing and goes all the way to the disk.
    this.#writing(() => this.connection.exec(`PRAGMA user_version = ${MIGRATIONS.length}`));
  }

  /** Exchanges the connection for a new one; keeps the one it has, and rejects, when the file cannot be opened. */
  async reopen(): Promise<void> {
    const before = this.connection;
    if (this.#path === ':memory:')
      throw new Error('a database in memory cannot be opened again: its content ends with its connection');
    this.#connection = openCurrent(this.#path, this.#lockWaitMs);
    before.close();
  }

  /** Does what needs the write lock, and learns from it how long to wait the next time. */
  #writing<T>(work: () => T): T {
    try {
      const result = work();
      this.#waitForLock(LOCK_WAIT_MS);
      return result;
    } catch (error) {
      if (isBusy(error)) this.#waitForLock(LOCKED_WAIT_MS);
      throw error;
    }
  }

  #waitForLock(ms: number): void {
    if (ms === this.#lockWaitMs) return;
    this.connection.exec(`PRAGMA busy_timeout = ${ms}`);
    this.#lockWaitMs = ms;
  }

  #runAfterCommit(): void {
    for (const callback of this.#afterCommit.splice(0)) {
      try {
        callback();
      } catch (error) {
        // What was committed stays so, and its caller must hear that; the fault is one of the program, and ends it.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}

/** An open connection with the current schema. */
function openCurrent(path: string, lockWaitMs: number): DatabaseSync {
  const connection = open(path, lockWaitMs);
  try {
    // FULL: with WAL, NORMAL would lose the last commits in a power cut, and an order that was acknowledged must not be.
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    migrate(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

function open(path: string, lockWaitMs: number): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: lockWaitMs });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `cannot open the database ${path}: ${reason}; DATABASE_PATH must name a file in a folder that exists and can be written`,
      { cause },
    );
  }
}

function migrate(connection: DatabaseSync): void {
  // Immediate: of two processes that start at once, one migrates and the other waits and finds it done.
  connection.exec('BEGIN IMMEDIATE');
  try {
    const row = connection.prepare('PRAGMA user_version').get();
    const version = Number(row?.['user_version']);
    if (version > MIGRATIONS.length) {
      throw new Error(
        `the database has schema version ${version}, this program knows versions up to ${MIGRATIONS.length}; run the newer program, or restore an older backup`,
      );
    }
    for (const migration of MIGRATIONS.slice(version)) connection.exec(migration);
    connection.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}
