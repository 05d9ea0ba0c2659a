/** The SQLite database: opened by `start()`, closed by `stop()`, brought to the current schema in between. */
import { DatabaseSync } from 'node:sqlite';
import type { Subsystem } from './lifecycle.ts';

const BUSY_TIMEOUT_MS = 2_000;

/** Each brings the schema from its index to the next version; what has been released is never edited. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE users (
     id INTEGER PRIMARY KEY,
     email TEXT NOT NULL UNIQUE COLLATE NOCASE,
     password_hash TEXT NOT NULL,
     role TEXT NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin')),
     is_admin INTEGER NOT NULL DEFAULT 0 CHECK (is_admin IN (0, 1)),
     created_at TEXT NOT NULL
   ) STRICT;
   CREATE TABLE autopilot_runs (
     id INTEGER PRIMARY KEY,
     ran_at TEXT NOT NULL,
     users INTEGER NOT NULL
   ) STRICT;`,
];

export class Database implements Subsystem {
  readonly name = 'database';
  readonly #path: string;
  #connection: DatabaseSync | null = null;

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
    const connection = open(this.#path);
    try {
      connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
      migrate(connection);
    } catch (error) {
      connection.close();
      throw error;
    }
    this.#connection = connection;
  }

  async stop(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    connection?.close();
  }
}

function open(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
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
