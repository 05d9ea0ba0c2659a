/**
 * What systemd hands to a service in its environment: a socket that listens already, where to tell how it is, and how
 * often it must. Read by `settings.ts`; the protocols are those of sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3).
 */
import type { Environment } from './environment.ts';

export interface SystemdSettings {
  /** The descriptor of a socket that a socket unit keeps listening across restarts; null: the service opens its own. */
  listenFd: number | null;
  /** Null: nobody wants to be told. */
  notify: {
    socket: string;
    /** The supervisor acts when it hears nothing for so long; null: it does not watch. */
    watchdogMs: number | null;
  } | null;
}

/** The first one that is passed; 0 to 2 are the standard streams. */
const FIRST_FD = 3;
const MIN_WATCHDOG_US = 100_000;

const VARIABLES = [
  ...['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID'],
  ...['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'],
];

/** Each variable that is wrong is noted in a sentence of `problems`. `pid` is this process. */
export function readSystemd(env: Environment, pid: number, problems: string[]): SystemdSettings {
  return { listenFd: readListenFd(env, pid, problems), notify: readNotify(env, pid, problems) };
}

/** They are for this process: a child that found them would take them for its own. */
export function forgetSystemd(env: Record<string, string | undefined>): void {
  for (const variable of VARIABLES) delete env[variable];
}

function readListenFd(env: Environment, pid: number, problems: string[]): number | null {
  const { LISTEN_FDS: fds, LISTEN_PID: owner } = env;
  if (!fds && !owner) return null;
  if (owner !== String(pid)) {
    problems.push(
      `LISTEN_PID is ${owner ? JSON.stringify(owner) : 'missing'} in the environment, but this process is ${pid} and LISTEN_FDS is ${fds ? JSON.stringify(fds) : 'missing'}: the listening socket was passed to another process, such as a shell or npm that started this one; let systemd start node itself (ExecStart=/path/to/node src/main.ts), or unset LISTEN_FDS and LISTEN_PID to listen on HOST and PORT.`,
    );
    return null;
  }
  if (fds !== '1') {
    problems.push(
      `LISTEN_FDS is ${fds ? JSON.stringify(fds) : 'missing'} in the environment, but must be 1: the service listens on one socket; leave one ListenStream= in its socket unit.`,
    );
    return null;
  }
  return FIRST_FD;
}

function readNotify(env: Environment, pid: number, problems: string[]): SystemdSettings['notify'] {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: period, WATCHDOG_PID: owner } = env;
  if (!socket) return null;
  // As sd_watchdog_enabled(3) has it: another process is watched, and it is that one's to feed.
  if (!period || (owner && owner !== String(pid))) return { socket, watchdogMs: null };
  const periodUs = /^\d{1,15}$/.test(period) ? Number(period) : NaN;
  if (!(periodUs >= MIN_WATCHDOG_US)) {
    problems.push(
      `WATCHDOG_USEC is ${JSON.stringify(period)} in the environment, but must be a whole number of microseconds from ${MIN_WATCHDOG_US}; correct WatchdogSec= in the unit.`,
    );
    return { socket, watchdogMs: null };
  }
  return { socket, watchdogMs: periodUs / 1_000 };
}
