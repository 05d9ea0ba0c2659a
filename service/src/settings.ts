/** The settings: the environment, read once and checked by `main.ts` before anything is built. */
import { randomBytes } from 'node:crypto';
import { validate as isCronExpression } from 'node-cron';
import { logLevels, type LogLevel } from './logger.ts';

/** An account made at the first start. */
export interface AccountSeed {
  email: string;
  password: string;
  role: 'user' | 'admin';
}

export interface Settings {
  host: string;
  port: number;
  databasePath: string;
  jwtSecret: string;
  /** True when no secret was given and this process made its own: tokens end with it. */
  jwtSecretIsOwn: boolean;
  accounts: readonly AccountSeed[];
  logLevel: LogLevel;
  /** Longest time from the signal to the exit; keep it under the supervisor's (systemd: TimeoutStopSec). */
  shutdownDeadlineMs: number;
  /** How long the service answers on as not ready before it closes, for load balancers and idle clients to leave. */
  drainGraceMs: number;
  /** Cron expression, UTC. */
  autopilotSchedule: string;
}

/** One sentence for each setting that is wrong. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const MIN_SECRET_LENGTH = 32;
const MIN_PASSWORD_LENGTH = 12;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws a SettingsError that names every wrong setting: what was seen, what was expected, what to do. */
export function readSettings(env: Environment): Settings {
  const problems: string[] = [];
  const read = reader(env, problems);
  const shutdownDeadlineMs = read.integer('SHUTDOWN_DEADLINE_MS', 8_000, 500, 300_000);
  // A quarter, so that there is time left to stop.
  const maxDrainGraceMs = Math.floor(shutdownDeadlineMs / 4);
  const settings: Settings = {
    host: read.text('HOST', '127.0.0.1', (host) => !/\s/.test(host), 'a host name or an address'),
    port: read.integer('PORT', 3_000, 1, 65_535),
    databasePath: read.text('DATABASE_PATH', 'paper-trading.sqlite', () => true, 'the path of a file'),
    ...readJwtSecret(env, problems),
    accounts: [
      ...readAccount(env, 'ADMIN', 'admin', problems),
      ...readAccount(env, 'USER', 'user', problems),
    ],
    logLevel: read.text('LOG_LEVEL', 'info', isLogLevel, `one of ${logLevels.join(', ')}`),
    shutdownDeadlineMs,
    drainGraceMs: read.integer('DRAIN_GRACE_MS', Math.min(250, maxDrainGraceMs), 0, maxDrainGraceMs),
    autopilotSchedule: read.text(
      'AUTOPILOT_SCHEDULE',
      '* * * * *',
      isCronExpression,
      'a cron expression of five or six fields, such as "*/5 * * * *" for every five minutes',
    ),
  };
  if (problems.length > 0) throw new SettingsError(problems.join('\n'));
  return settings;
}

function reader(env: Environment, problems: string[]) {
  function refuse(name: string, value: string, expected: string, fallback: string | number): void {
    problems.push(
      `${name} is ${JSON.stringify(value)} in the environment, but must be ${expected}; correct it, or leave it out for ${JSON.stringify(fallback)}.`,
    );
  }
  return {
    integer(name: string, fallback: number, min: number, max: number): number {
      const value = env[name] || String(fallback);
      if (/^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max) return Number(value);
      refuse(name, value, `a whole number from ${min} to ${max}`, fallback);
      return fallback;
    },
    text<T extends string>(
      name: string,
      fallback: T,
      isValid: ((v: string) => v is T) | ((v: string) => boolean),
      expected: string,
    ): T {
      const value = env[name] || fallback;
      if (isValid(value)) return value as T;
      refuse(name, value, expected, fallback);
      return fallback;
    },
  };
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
