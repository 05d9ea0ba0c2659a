/** Which source rule owns a resource: what was seen at run time is looked up there. A test of the gate knows the rules. */
import type { ResourceKind } from './row.ts';

const RELEASED = 'resource-released';

export const RULE_OF_KIND = {
  server: RELEASED,
  socket: RELEASED,
  timer: RELEASED,
  cron: RELEASED,
  watcher: RELEASED,
  database: RELEASED,
  connection: RELEASED,
  cache: RELEASED,
  queue: RELEASED,
  'http client': RELEASED,
  exchange: 'exchange-closed',
  process: RELEASED,
  thread: RELEASED,
  stream: RELEASED,
  file: RELEASED,
  telemetry: RELEASED,
  observer: RELEASED,
  logger: RELEASED,
  lock: RELEASED,
  client: RELEASED,
} as const satisfies Record<ResourceKind, string>;
