/**
 * The resource catalogue: what a service opens and must release, as data. The source checks match it against code; the
 * run-time probes name leaks with the same words.
 */
import { BROKER_ROWS } from './resource-catalogue/brokers.ts';
import { CLIENT_ROWS } from './resource-catalogue/clients.ts';
import { DATABASE_ROWS } from './resource-catalogue/databases.ts';
import { NETWORK_ROWS } from './resource-catalogue/network.ts';
import { OBSERVABILITY_ROWS } from './resource-catalogue/observability.ts';
import { PLATFORM_INNER_ROWS } from './resource-catalogue/platform-inner.ts';
import { PLATFORM_ROWS } from './resource-catalogue/platform.ts';
import { QUEUE_ROWS } from './resource-catalogue/queues.ts';
import type { ResourceRow } from './resource-catalogue/row.ts';
import { SCHEDULER_ROWS } from './resource-catalogue/schedulers.ts';
import { SERVER_ROWS } from './resource-catalogue/servers.ts';
import { STORAGE_ROWS } from './resource-catalogue/storage.ts';

export type { ReleaseReturns, ResourceKind, ResourceRow, SecondRelease } from './resource-catalogue/row.ts';

/** All rows; the first that matches an opening counts. */
export const RESOURCE_CATALOGUE: readonly ResourceRow[] = [
  ...PLATFORM_ROWS,
  ...PLATFORM_INNER_ROWS,
  ...SERVER_ROWS,
  ...SCHEDULER_ROWS,
  ...DATABASE_ROWS,
  ...QUEUE_ROWS,
  ...CLIENT_ROWS,
  ...STORAGE_ROWS,
  ...BROKER_ROWS,
  ...NETWORK_ROWS,
  ...OBSERVABILITY_ROWS,
];

/** A package that registers the signal handlers itself and calls the functions it is given, as `module path`. */
export const SHUTDOWN_HELPERS: readonly string[] = [
  'close-with-grace',
  'http-graceful-shutdown',
  '@godaddy/terminus createTerminus',
  'lightship createLightship().registerShutdownHandler',
  'exit-hook',
  'exit-hook asyncExitHook',
  'async-exit-hook',
  'prexit',
  'node-graceful on',
  'node-graceful default.on',
  'signal-exit onExit',
  'signal-exit',
  '@ladjs/graceful',
  'graceful-server',
  '@gquittet/graceful-server',
  'death',
  'death ()',
  'node-cleanup',
  'graceful-shutdown',
  'node-graceful-shutdown onShutdown',
];

/** Plugins that close the server they are registered with when a signal comes, and run what it was told to call then. */
export const SHUTDOWN_PLUGINS: readonly string[] = ['fastify-graceful-shutdown'];
