/** What every job of a watch is given, and the table of them. Called by `watch.ts` at each tick. */
import type { Config } from '../../harness/config.ts';
import type { WatchConfig } from '../../harness/config/watch.ts';
import type { Transport } from '../../harness/transport/transport.ts';
import { askHealth } from './ask-health.ts';
import type { JobName, Ledger, Look } from './ledger.ts';
import { lookAtLog } from './look-at-log.ts';
import { lookAtProcess } from './look-at-process.ts';
import { lookAtRoutes } from './look-at-routes.ts';

export interface LookContext {
  config: Config;
  watch: WatchConfig;
  /** Where the service answers, without a slash at the end; absent: it is not asked anything. */
  url: string | undefined;
  projectRoot: string;
  /** The way to the host that the service runs on. */
  transport: Transport;
  /** Of the watch: its record, and what was announced to it. */
  folder: string;
  ledger: Ledger;
  /** A restart is expected now, for this reason. */
  pause: string | undefined;
  now: Date;
  signal: AbortSignal;
}

/** The report is no look: `watch.ts` writes it. */
export const LOOKS = {
  health: askHealth,
  routes: lookAtRoutes,
  log: lookAtLog,
  process: lookAtProcess,
} as const satisfies Record<Exclude<JobName, 'report'>, (context: LookContext) => Promise<Look[]>>;

/** The jobs that this configuration gives something to do, and why the others have nothing. */
export function plannedJobs({ config, watch, url }: Pick<LookContext, 'config' | 'watch' | 'url'>): {
  run: JobName[];
  idle: { job: JobName; why: string }[];
} {
  const isRoutes = watch.routes && config.routes !== undefined && config.routes !== false;
  const nothing: Partial<Record<JobName, string>> = {
    ...(url === undefined
      ? { health: 'watch.url is not configured', routes: 'watch.url is not configured' }
      : {}),
    ...(url !== undefined && !isRoutes
      ? { routes: 'no required routes are configured, or watch.routes is false' }
      : {}),
    ...(watch.log === undefined ? { log: 'watch.log is not configured' } : {}),
    ...(watch.process === undefined ? { process: 'watch.process is not configured' } : {}),
  };
  const jobs = [...(Object.keys(LOOKS) as (keyof typeof LOOKS)[]), 'report' as const];
  return {
    run: jobs.filter((job) => nothing[job] === undefined),
    idle: Object.entries(nothing).map(([job, why]) => ({ job: job as JobName, why })),
  };
}
