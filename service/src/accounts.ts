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
      const added = this.add(email, hashes[index] ?? '', role);
      if (added !== undefined) this.#log.info({ email, role }, 'account made');
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
      const user = this.find(userId);
      return user !== undefined && (user.isAdmin || user.role === 'admin');
    } catch (error) {
      this.#log.error({ err: error, userId }, 'cannot tell whether the user is an admin; access is denied');
      return false;
    }
  }

  /** The user with this id; throws when the database cannot tell. */
  find(userId: number): User | undefined {
    const row = this.#database.connection.prepare('SELECT * FROM users WHERE id = ?').get(userId);
    return row && toUser(row);
  }

  /** True when it is sure that there is no such user; false when there is, and on any error. Never throws. */
  isGone(userId: number): boolean {
    try {
      return this.find(userId) === undefined;
    } catch (error) {
      this.#log.error({ err: error, userId }, 'cannot tell whether the user exists');
      return false;
    }
  }

  /** The newest first, those older than the user `before`; and how many there are in all. */
  list({ limit, before = Number.MAX_SAFE_INTEGER }: { limit: number; before?: number | undefined }) {
    const { connection } = this.#database;
    const total = Number(connection.prepare('SELECT count(*) AS total FROM users').get()?.['total']);
    const rows = connection
      .prepare('SELECT * FROM users WHERE id < ? ORDER BY id DESC LIMIT ?')
      .all(before, limit);
    return { total, users: rows.map(toUser) };
  }

  /** Undefined when the address is taken. */
  add(email: string, passwordHash: string, role: User['role']): User | undefined {
    const row = this.#database.connection
      .prepare(
        'INSERT INTO users (email, password_hash, role, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING *',
      )
      .get(email, passwordHash, role, new Date().toISOString());
    return row && toUser(row);
  }

  /** Undefined when there is no such user. */
  setRole(userId: number, role: User['role']): User | undefined {
    const row = this.#database.connection
      .prepare('UPDATE users SET role = ? WHERE id = ? RETURNING *')
      .get(role, userId);
    return row && toUser(row);
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
