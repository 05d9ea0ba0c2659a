/** The service: settings, logger, subsystems, lifecycle. Run as `node src/main.ts`. */
import type { Logger } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { Accounts } from './accounts.ts';
import { Autopilot } from './autopilot.ts';
import { Database } from './database.ts';
import { Events } from './events.ts';
import { Exchanges } from './exchanges/exchanges.ts';
import { HttpServer } from './http-server.ts';
import { Lifecycle, type Subsystem } from './lifecycle.ts';
import { createLogger } from './logger.ts';
import { boundLookups, isLookingUp } from './lookups.ts';
import { SelfHealing } from './self-healing.ts';
import { readSettings, SettingsError, type Settings } from './settings.ts';
import { SystemdNotice } from './systemd-notice.ts';
import { forgetSystemd } from './systemd.ts';
import { Bodyguard } from './trading/bodyguard.ts';
import { Trading } from './trading/trading.ts';

const EXIT_SETTINGS = 2;
const HELD_OPEN_MS = 1_000;
/** Lookups that wait for each other are over after so many looks. */
const LOOKS_WHILE_LOOKING_UP = 4;

async function main(): Promise<number> {
  let settings: Settings;
  try {
    settings = readSettings(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT_SETTINGS;
  }

  forgetSystemd(process.env);
  boundLookups(process.env);

  const log = createLogger(settings.logLevel);
  const { notify } = settings.systemd;
  const notice = notify === null ? undefined : new SystemdNotice({ notify, log });
  const lifecycle = new Lifecycle({
    log,
    startDeadlineMs: settings.startDeadlineMs,
    deadlineMs: settings.shutdownDeadlineMs,
    onPhase: (phase, words) => notice?.tell(phase, words),
  });
  const subsystems = build({ settings, lifecycle, notice, log });

  process.on('SIGTERM', () => void lifecycle.shutdown('SIGTERM'));
  process.on('SIGINT', () => void lifecycle.shutdown('SIGINT'));
  process.on('SIGHUP', () => void lifecycle.shutdown('SIGHUP'));
  process.on('uncaughtException', (error) => crash('uncaught exception', error));
  process.on('unhandledRejection', (reason) => crash('unhandled rejection', reason));
  function crash(kind: string, error: unknown): void {
    // Also for a crash after the lifecycle is over, which its exit code cannot tell.
    process.exitCode = 1;
    void lifecycle.fail(kind, error);
  }

  const { releaseId } = settings;
  log.info({ version: packageJson.version, releaseId, node: process.version }, 'starting');
  if (settings.jwtSecretIsOwn) log.warn('JWT_SECRET is not set: tokens are valid until this process ends');
  const exitCode = await lifecycle.run(subsystems);

  watchTheEnd(log, LOOKS_WHILE_LOOKING_UP);
  return exitCode;
}

/** Unref'd: it fires only when something that was not released keeps the process from ending by itself. */
function watchTheEnd(log: Logger, looks: number): void {
  setTimeout(() => {
    const resources = process.getActiveResourcesInfo();
    // What held it was released in this very turn of the loop.
    if (resources.length === 0) return;
    if (looks > 0 && isLookingUp(resources)) {
      log.info({ resources }, 'stopped; names are still being looked up, which cannot be aborted');
      watchTheEnd(log, looks - 1);
      return;
    }
    log.fatal({ resources }, 'stopped, but still held open; exiting');
    process.exit(1);
  }, HELD_OPEN_MS).unref();
}

interface Parts {
  settings: Settings;
  lifecycle: Lifecycle;
  /** The first to start and the last to stop: it tells of all the others. */
  notice: SystemdNotice | undefined;
  log: Logger;
}

/** The subsystems in the order of their start: each uses only those before it. What is switched off is not built. */
function build({ settings, lifecycle, notice, log }: Parts): Subsystem[] {
  const { features } = settings;
  const database = new Database({ path: settings.databasePath });
  const accounts = new Accounts({ database, seeds: settings.accounts, log });
  const events = new Events({ database, heartbeatMs: settings.eventHeartbeatMs, log });
  const exchanges = new Exchanges({ ...settings.exchanges, events, log });
  const trading = features.trading ? new Trading({ database, exchanges, events, log }) : undefined;
  const bodyguard =
    trading && features.bodyguard ? new Bodyguard({ trading, ...settings.bodyguard, log }) : undefined;
  const autopilot =
    trading && features.autopilot
      ? new Autopilot({ schedule: settings.autopilotSchedule, database, trading, log })
      : undefined;
  const selfHealing = features.selfHealing
    ? new SelfHealing({
        intervalMs: settings.selfHealingIntervalMs,
        database,
        exchanges,
        events,
        onBeyondRepair: (reason, error) => void lifecycle.fail(reason, error),
        log,
      })
    : undefined;
  const services = { lifecycle, database, accounts, events, exchanges, trading, autopilot, selfHealing };
  const http = new HttpServer({
    host: settings.host,
    port: settings.port,
    listenFd: settings.systemd.listenFd,
    jwtSecret: settings.jwtSecret,
    releaseId: settings.releaseId,
    services: { ...services, features, maxEventStreams: settings.maxEventStreams, log },
    drainGraceMs: settings.drainGraceMs,
    requestGraceMs: settings.shutdownDeadlineMs * 0.3,
    log,
  });
  const all = [
    notice,
    database,
    accounts,
    events,
    exchanges,
    trading,
    bodyguard,
    autopilot,
    selfHealing,
    http,
  ];
  return all.filter((subsystem) => subsystem !== undefined);
}

process.exitCode = await main();
