/**
 * TCP ports on loopback: picks a free one, proves that one is free by binding it, names who holds it.
 * Called by the process supervisor and by the restart loop.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { deadlineIn, poll } from '../deadline.ts';
import { commandOf, hasProc } from './proc.ts';
import { listenersOf } from './proc-sockets.ts';
import { StartFailure } from './supervisor.ts';
import type { PortProbe } from './supervisor.ts';

/** Below the range from which clients get their own ports, so that a client's port is never taken for the service's. */
const FIRST_PORT = 20_000;
const LAST_PORT = 30_999;
/** Each harness process gives out ports of a stretch of its own, in order: see `findFreePort`. */
const STRETCHES = 44;
const STRETCH = (LAST_PORT - FIRST_PORT + 1) / STRETCHES;
/** As many anywhere once its own stretch is used up. */
const MAX_TRIES = 2 * STRETCH;
const PORT_PATIENCE_MS = 1_000;

/** Binds the port for a moment. Connections that arrive in that moment are reset: hold the load while probing. */
export function probePort(port: number, host: string): Promise<PortProbe> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.resetAndDestroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ free: false, reason: error.code ?? error.message }),
    );
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve({ free: true })));
  });
}

/**
 * Throws StartFailure, naming who has it, when a port stays taken. A process that is just being ended is gone from
 * sight a moment before its sockets are closed: hence a second of patience.
 */
export async function demandFreePort(port: number, host: string): Promise<void> {
  let reason = '';
  const waited = await poll(
    async () => {
      const probe = await probePort(port, host);
      if (!probe.free) reason = probe.reason;
      return probe.free ? true : undefined;
    },
    deadlineIn(PORT_PATIENCE_MS, 'the port to be free'),
  );
  if (waited.met) return;
  throw new StartFailure(
    `port ${host}:${port} is taken before the start (${reason}) by ${portHolder(port)}; ` +
      "end it, or set service.port to 'auto'",
  );
}

let given = randomInt(STRETCH);

/**
 * A port between 20000 and 30999 that could be bound. A service that is being restarted keeps its port, which is free
 * meanwhile: so the ports of a process come in order, from a stretch that one which runs beside it rarely shares.
 * Throws when none was found.
 */
export async function findFreePort(host: string): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const port = tries < STRETCH ? nextOfStretch() : randomInt(FIRST_PORT, LAST_PORT + 1);
    if ((await probePort(port, host)).free) return port;
  }
  throw new Error(`no free TCP port on ${host} between ${FIRST_PORT} and ${LAST_PORT} in ${MAX_TRIES} tries`);
}

function nextOfStretch(): number {
  given = (given + 1) % STRETCH;
  return FIRST_PORT + (process.pid % STRETCHES) * STRETCH + given;
}

/** Who listens on a port, for a message: `pid 123 (node server.js)`. */
export function portHolder(port: number): string {
  if (!hasProc()) return 'another process (this system has no /proc to name it)';
  const holders = listenersOf(port).map((stat) => `pid ${stat.pid} (${commandOf(stat.pid)})`);
  return holders.length > 0 ? holders.join(', ') : 'a process that may not be looked into';
}
