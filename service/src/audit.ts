/** The audit trail: what admins did, written in the same SQL transaction as the deed. Used by the routes. */
import type { Database } from './database.ts';
import type { Viewer } from './guards.ts';

/** What was done, to what: `order.place` on `bot:4`. */
export interface Deed {
  action: string;
  subject: string;
  /** Nothing secret: it is kept, and shown to every admin. */
  details?: Record<string, unknown>;
}

export interface AuditEntry {
  id: number;
  /** ISO 8601, UTC. */
  at: string;
  actorId: number | null;
  action: string;
  subject: string;
  details: Record<string, unknown>;
}

/** Does `work` in one SQL transaction; what an admin does is on the trail when, and only when, it is done. */
export function audited<T>(
  database: Database,
  viewer: Viewer,
  work: () => T,
  describe: (result: T) => Deed,
): T {
  return database.transaction(() => {
    const result = work();
    if (viewer.isAdmin) {
      const { action, subject, details = {} } = describe(result);
      database.run(
        'INSERT INTO audit (at, actor_id, action, subject, details) VALUES (?, ?, ?, ?, ?)',
        new Date().toISOString(),
        viewer.userId,
        action,
        subject,
        JSON.stringify(details),
      );
    }
    return result;
  });
}

/** The newest first, those older than the entry `before`. */
export function auditTrail(
  database: Database,
  { limit, before }: { limit: number; before?: number | undefined },
): AuditEntry[] {
  return database
    .select(
      'SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?',
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    )
    .map((row) => ({
      id: Number(row['id']),
      at: String(row['at']),
      actorId: row['actor_id'] === null ? null : Number(row['actor_id']),
      action: String(row['action']),
      subject: String(row['subject']),
      details: JSON.parse(String(row['details'])),
    }));
}
