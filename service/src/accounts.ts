/** The accounts: who may log in, and who is an admin. Started after the database, whose connection it uses. */
import type { Logger } from 'pino';
import type { Database } from './database.ts';
import type { Subsystem } from './lifecycle.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import type { AccountSeed } from './settings.ts';

export interface User {
  id: number;
  email: string;
  role: 'user' | 'admin';
  isAdmin: boolean;
  /** ISO 8601, UTC. */
  createdAt: string;
}

export interface AccountsOptions {
  database: Database;
  /** Accounts that are made at start when there is none with their address yet. */
  seeds: readonly AccountSeed[];
  log: Logger;
}

type Row = Record<string, unknown>;

export class Accounts implements Subsystem {
  readonly name = 'accounts';
  readonly #database: Database;
  readonly #seeds: readonly AccountSeed[];
  readonly #log: Logger;

  constructor({ database, seeds, log }: AccountsOptions) {
    this.#database = database;
    this.#seeds = seeds;
    this.#log = log.child({ subsystem: this.name });
  }

  async start(): Promise<void> {
    const missing = this.#seeds.filter(({ email }) => this.#rowByEmail(email) === undefined);
    const hashes = await Promise.all(missing.map(({ password }) => hashPassword(password)));
    for (const [index, { email, role }] of missing.entries()) {
      // A second process may have been quicker since the look-up.
      this.#database.connection
        .prepare(
          'INSERT INTO users (email, password_hash, role, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
        )
        .run(email, hashes[index] ?? null, role, new Date().toISOString());
      this.#log.info({ email, role }, 'account made');
    }
  }

  /** Nothing to release: the connection is the database's. */
  async stop(): Promise<void> {}

  /** The user with this address and password, or undefined, found out in the same time for a known and an unknown address. */
  async authenticate(email: string, password: string): Promise<User | undefined> {
    const row = this.#rowByEmail(email);
    const matches = await verifyPassword(password, row && String(row['password_hash']));
    return row && matches ? toUser(row) : undefined;
  }

  /** True for a user with `is_admin` or the role `admin`; false for anybody else, and on any error. Never rejects. */
  async isAdmin(userId: number): Promise<boolean> {
    try {
      const row = this.#database.connection.prepare('SELECT * FROM users WHERE id = ?').get(userId);
      if (row === undefined) return false;
      const user = toUser(row);
      return user.isAdmin || user.role === 'admin';
    } catch (error) {
      this.#log.error({ err: error, userId }, 'cannot tell whether the user is an admin; access is denied');
      return false;
    }
  }

  /** The first `limit` users by age, and how many there are. */
  list(limit: number): { total: number; users: User[] } {
    const { connection } = this.#database;
    const total = Number(connection.prepare('SELECT count(*) AS total FROM users').get()?.['total']);
    return {
      total,
      users: connection.prepare('SELECT * FROM users ORDER BY id LIMIT ?').all(limit).map(toUser),
    };
  }

  #rowByEmail(email: string): Row | undefined {
    return this.#database.connection.prepare('SELECT * FROM users WHERE email = ?').get(email);
  }
}

function toUser(row: Row): User {
  return {
    id: Number(row['id']),
    email: String(row['email']),
    role: row['role'] === 'admin' ? 'admin' : 'user',
    isAdmin: row['is_admin'] === 1,
    createdAt: String(row['created_at']),
  };
}
