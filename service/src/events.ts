/**
 * What happened, for those who watch: written to the outbox in the same SQL transaction as what it tells, sent to the
 * open streams once that has committed. Ids are those of the rows, so that a watcher goes on where it was after a restart.
 */
import type { Logger } from 'pino';
import type { Database } from './database.ts';
import type { Viewer } from './guards.ts';
import type { Subsystem } from './lifecycle.ts';

export type EventType =
  | 'bot.created'
  | 'bot.changed'
  | 'order.placed'
  | 'order.filled'
  | 'order.cancelled'
  | 'order.rejected'
  | 'position.changed'
  | 'exchange.status'
  | 'healing.restored'
  | 'healing.gave-up'
  | 'emergency-stop';

export interface StoredEvent {
  id: number;
  type: string;
  /** Whom it concerns; null: everybody. */
  userId: number | null;
  /** JSON on one line. */
  data: string;
}

/** An open stream, as the outbox knows it. None of its methods may throw. */
export interface Watcher {
  readonly userId: number;
  tell(event: StoredEvent): void;
  /** Called once every heartbeat. */
  beat(): void;
  /** Says why, and closes. */
  end(reason: string): void;
}

export interface EventsOptions {
  database: Database;
  heartbeatMs: number;
  log: Logger;
}

const EVENTS_KEPT = 10_000;

export class Events implements Subsystem {
  readonly name = 'events';
  readonly #database: Database;
  readonly #heartbeatMs: number;
  readonly #log: Logger;
  readonly #watchers = new Set<Watcher>();
  #heartbeat: NodeJS.Timeout | null = null;

  constructor({ database, heartbeatMs, log }: EventsOptions) {
    this.#database = database;
    this.#heartbeatMs = heartbeatMs;
    this.#log = log.child({ subsystem: this.name });
  }

  /** How many streams are open. */
  get watcherCount(): number {
    return this.#watchers.size;
  }

  async start(): Promise<void> {
    this.#heartbeat ??= setInterval(() => this.#beat(), this.#heartbeatMs);
  }

  /** Ends the streams, which would otherwise hold the server open for as long as their clients like. */
  async drain(): Promise<void> {
    if (this.#watchers.size > 0) this.#log.info({ streams: this.#watchers.size }, 'ending the event streams');
    for (const watcher of [...this.#watchers]) watcher.end('the service stops; connect again');
  }

  async stop(): Promise<void> {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    await this.drain();
  }

  /** Writes an event in the SQL transaction under way; `userId` null: for everybody. Watchers hear of it after the commit. */
  record(type: EventType, data: object, userId: number | null): void {
    const text = JSON.stringify(data);
    const { id } = this.#database.run(
      'INSERT INTO events (at, user_id, type, data) VALUES (?, ?, ?, ?)',
      new Date().toISOString(),
      userId,
      type,
      text,
    );
    this.#database.run('DELETE FROM events WHERE id <= ?', id - EVENTS_KEPT);
    this.#database.afterCommit(() => {
      for (const watcher of this.#watchers) watcher.tell({ id, type, userId, data: text });
    });
  }

  /** The next `limit` events after `lastId` that the viewer may see, the oldest first. */
  since(lastId: number, viewer: Viewer, limit: number): StoredEvent[] {
    return this.#database.connection
      .prepare(
        'SELECT * FROM events WHERE id > ? AND (? OR user_id IS NULL OR user_id = ?) ORDER BY id LIMIT ?',
      )
      .all(lastId, viewer.isAdmin ? 1 : 0, viewer.userId, limit)
      .map((row) => ({
        id: Number(row['id']),
        type: String(row['type']),
        userId: row['user_id'] === null ? null : Number(row['user_id']),
        data: String(row['data']),
      }));
  }

  /** The ids of the oldest event that is kept and of the newest; 0 when there are none. */
  range(): { oldestId: number; newestId: number } {
    const row = this.#database.connection
      .prepare('SELECT min(id) AS oldest, max(id) AS newest FROM events')
      .get();
    return { oldestId: Number(row?.['oldest'] ?? 0), newestId: Number(row?.['newest'] ?? 0) };
  }

  /** Returns the function that ends the watching. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Ends the streams of a user whose rights have changed, once that is committed: they begin anew with the new ones. */
  endStreamsOf(userId: number): void {
    this.#database.afterCommit(() => {
      for (const watcher of [...this.#watchers])
        if (watcher.userId === userId) watcher.end('your rights have changed; connect again');
    });
  }

  #beat(): void {
    for (const watcher of [...this.#watchers]) watcher.beat();
  }
}

/** Whether the viewer may see the event. */
export function concerns({ userId }: StoredEvent, viewer: Viewer): boolean {
  return userId === null || viewer.isAdmin || userId === viewer.userId;
}
