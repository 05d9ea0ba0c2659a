/** The settings: the environment, read once and checked by `main.ts` before anything is built. */
import { randomBytes } from 'node:crypto';
import { validate as isCronExpression } from 'node-cron';
import { exchangeIds, type ExchangeId } from './exchanges/exchange.ts';
import { environmentReader, type Environment } from './environment.ts';
import { features, tradingFeatures, type Feature, type Features } from './features.ts';
import { logLevels, type LogLevel } from './logger.ts';
import { readSystemd, type SystemdSettings } from './systemd.ts';

/** An account made at the first start. */
export interface AccountSeed {
  email: string;
  password: string;
  role: 'user' | 'admin';
}

export interface Settings {
  host: string;
  port: number;
  /** What systemd passes; a socket of its goes before host and port. */
  systemd: SystemdSettings;
  /** Told in the header `x-release` of every answer; none by default. */
  releaseId: string | undefined;
  databasePath: string;
  jwtSecret: string;
  /** True when no secret was given and this process made its own: tokens end with it. */
  jwtSecretIsOwn: boolean;
  accounts: readonly AccountSeed[];
  logLevel: LogLevel;
  /** Longest time until everything is started; keep it under the supervisor's (systemd: TimeoutStartSec). */
  startDeadlineMs: number;
  /** Longest time from the signal to the exit; keep it under the supervisor's (systemd: TimeoutStopSec). */
  shutdownDeadlineMs: number;
  /** How long load balancers and idle clients have to leave; a listener of its own goes on listening meanwhile. */
  drainGraceMs: number;
  /** Cron expression, UTC. */
  autopilotSchedule: string;
  exchanges: {
    enabled: readonly ExchangeId[];
    /** Origins that stand in for an exchange's own: a recorded or a loopback exchange. */
    urls: Partial<Record<ExchangeId, string>>;
    /** How long one call may take. */
    timeoutMs: number;
    pollMs: number;
    /** A price older than this is none. */
    staleMs: number;
  };
  /** A bot beyond these is stopped; the drawdown is the share of its starting balance that it may lose. */
  bodyguard: { maxDrawdown: number; maxOrdersPerMinute: number };
  selfHealingIntervalMs: number;
  eventHeartbeatMs: number;
  /** How many event streams may be open at once. */
  maxEventStreams: number;
  features: Features;
}

/** One sentence for each setting that is wrong. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const MIN_SECRET_LENGTH = 32;
export const MIN_PASSWORD_LENGTH = 12;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/**
 * Throws a SettingsError that names every wrong setting: what was seen, what was expected, what to do. `pid` is the
 * process that they are for.
 */
export function readSettings(env: Environment, pid: number = process.pid): Settings {
  const problems: string[] = [];
  const read = environmentReader(env, problems);
  const shutdownDeadlineMs = read.integer('SHUTDOWN_DEADLINE_MS', 8_000, 500, 300_000);
  // A quarter, so that there is time left to stop.
  const maxDrainGraceMs = Math.floor(shutdownDeadlineMs / 4);
  const settings: Settings = {
    host: read.text('HOST', '127.0.0.1', (host) => !/\s/.test(host), 'a host name or an address'),
    port: read.integer('PORT', 3_000, 1, 65_535),
    systemd: readSystemd(env, pid, problems),
    releaseId: read.id('RELEASE_ID'),
    databasePath: read.text('DATABASE_PATH', 'paper-trading.sqlite', () => true, 'the path of a file'),
    ...readJwtSecret(env, problems),
    accounts: [
      ...readAccount(env, 'ADMIN', 'admin', problems),
      ...readAccount(env, 'USER', 'user', problems),
    ],
    logLevel: read.text('LOG_LEVEL', 'info', isLogLevel, `one of ${logLevels.join(', ')}`),
    startDeadlineMs: read.integer('START_DEADLINE_MS', 15_000, 500, 300_000),
    shutdownDeadlineMs,
    drainGraceMs: read.integer('DRAIN_GRACE_MS', Math.min(250, maxDrainGraceMs), 0, maxDrainGraceMs),
    autopilotSchedule: read.text(
      'AUTOPILOT_SCHEDULE',
      '* * * * *',
      isCronExpression,
      'a cron expression of five or six fields, such as "*/5 * * * *" for every five minutes',
    ),
    exchanges: readExchanges(read, problems),
    bodyguard: {
      maxDrawdown: read.share('BODYGUARD_MAX_DRAWDOWN', 0.2),
      maxOrdersPerMinute: read.integer('BODYGUARD_MAX_ORDERS_PER_MINUTE', 60, 1, 10_000),
    },
    selfHealingIntervalMs: read.integer('SELF_HEALING_INTERVAL_MS', 5_000, 50, 3_600_000),
    eventHeartbeatMs: read.integer('EVENT_HEARTBEAT_MS', 15_000, 50, 600_000),
    maxEventStreams: read.integer('EVENT_STREAMS_MAX', 500, 1, 10_000),
    features: readFeatures(env, read, problems),
  };
  if (problems.length > 0) throw new SettingsError(problems.join('\n'));
  return settings;
}

type Reader = ReturnType<typeof environmentReader>;

function readExchanges(read: Reader, problems: string[]): Settings['exchanges'] {
  const urls: Settings['exchanges']['urls'] = {};
  for (const id of exchangeIds) {
    const origin = read.origin(`${id.toUpperCase()}_URL`, `the address of ${id} itself`);
    if (origin !== undefined) urls[id] = origin;
  }
  const pollMs = read.integer('MARKET_DATA_POLL_MS', 2_000, 50, 600_000);
  const staleMs = read.integer('MARKET_DATA_STALE_MS', 10_000, 100, 3_600_000);
  if (staleMs <= pollMs) {
    problems.push(
      `MARKET_DATA_STALE_MS is ${staleMs}, but must be more than MARKET_DATA_POLL_MS, which is ${pollMs}, or each price would be stale before the next; raise it.`,
    );
  }
  const timeoutMs = read.integer('EXCHANGE_TIMEOUT_MS', 5_000, 50, 120_000);
  return { enabled: read.listOf('EXCHANGES', exchangeIds), urls, timeoutMs, pollMs, staleMs };
}

function readFeatures(env: Environment, read: Reader, problems: string[]): Features {
  const given = Object.fromEntries(
    Object.entries(features).map(([feature, variable]) => [feature, read.flag(variable)]),
  ) as Features;
  if (given.trading) return given;
  const needy: readonly Feature[] = tradingFeatures;
  for (const variable of needy.map((feature) => features[feature])) {
    if (env[variable] === 'on') {
      problems.push(
        `${variable} is "on" in the environment, but FEATURE_TRADING is "off" and there is nothing for it to work on; leave it out, or switch FEATURE_TRADING on.`,
      );
    }
  }
  return { ...given, bodyguard: false, autopilot: false };
}

function isLogLevel(value: string): value is LogLevel {
  return logLevels.some((level) => level === value);
}

function readJwtSecret(env: Environment, problems: string[]): Pick<Settings, 'jwtSecret' | 'jwtSecretIsOwn'> {
  const given = env['JWT_SECRET'];
  if (given) {
    if (given.length < MIN_SECRET_LENGTH) {
      problems.push(
        `JWT_SECRET has ${given.length} characters in the environment, but must have at least ${MIN_SECRET_LENGTH}; make one with: openssl rand -base64 32`,
      );
    }
    return { jwtSecret: given, jwtSecretIsOwn: false };
  }
  if (env['NODE_ENV'] === 'production') {
    problems.push(
      `JWT_SECRET is missing from the environment, but NODE_ENV=production needs one of at least ${MIN_SECRET_LENGTH} characters, or every restart would log all users out; make one with: openssl rand -base64 32`,
    );
  }
  return { jwtSecret: randomBytes(MIN_SECRET_LENGTH).toString('base64'), jwtSecretIsOwn: true };
}

function readAccount(
  env: Environment,
  prefix: string,
  role: AccountSeed['role'],
  problems: string[],
): AccountSeed[] {
  const email = env[`${prefix}_EMAIL`];
  const password = env[`${prefix}_PASSWORD`];
  if (!email && !password) return [];
  if (!email || !EMAIL.test(email)) {
    problems.push(
      `${prefix}_EMAIL is ${email ? JSON.stringify(email) : 'missing'} in the environment, but must be an e-mail address as ${prefix}_PASSWORD is set; correct it, or leave out both.`,
    );
  }
  if (!password || password.length < MIN_PASSWORD_LENGTH) {
    problems.push(
      `${prefix}_PASSWORD ${password ? `has ${password.length} characters` : 'is missing'} in the environment, but must have at least ${MIN_PASSWORD_LENGTH} as ${prefix}_EMAIL is set; set a longer one, or leave out both.`,
    );
  }
  return [{ email: email ?? '', password: password ?? '', role }];
}
