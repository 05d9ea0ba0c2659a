/** The `soak.faults` block of the configuration: what of the service the fault scenarios cannot find out by themselves. */
import { z } from 'zod';

export const faults = z.strictObject({
  /** Its SQLite database, as the service's environment names it: `{scratch}/app.db`. It is locked and damaged. */
  database: z.string().min(1).optional(),
  /** Path of a WebSocket that needs no identity; connections are held open over a stop. */
  webSocket: z.string().startsWith('/').optional(),
});
export type FaultsConfig = z.output<typeof faults>;
