/** The `soak.faults` block of the configuration: what of the service the fault scenarios cannot find out by themselves. */
import { z } from 'zod';

export const faults = z.strictObject({
  /** Its SQLite database, as the service's environment names it: `{scratch}/app.db`. It is locked and damaged. */
  database: z.string().min(1).optional(),
  /** How many fault scenarios run side by side, each with a port and files of its own; more than one needs as many processors. */
  lanes: z.number().int().positive().max(8).default(1),
  /** Path of a WebSocket that needs no identity; connections are held open over a stop. */
  webSocket: z.string().startsWith('/').optional(),
});
export type FaultsConfig = z.output<typeof faults>;
