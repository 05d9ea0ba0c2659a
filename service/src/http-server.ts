/** The HTTP server: the last to start and the first to stop. */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { Server, type Socket } from 'node:net';
import { setImmediate as afterReading, setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { buildApp } from './app.ts';
import type { Subsystem } from './lifecycle.ts';
import { explainListenError } from './listen-error.ts';
import type { Services } from './services.ts';

export interface HttpServerOptions {
  host: string;
  port: number;
  /** A socket that was passed, and that goes on listening when this process is gone: instead of host and port. */
  listenFd: number | null;
  jwtSecret: string;
  /** Told with every answer. */
  releaseId: string | undefined;
  services: Services;
  /** How long kept connections have to leave; a listener of its own goes on listening meanwhile, as not ready. */
  drainGraceMs: number;
  /** How long requests may still take once it stopped listening; what is left then is cut off. */
  requestGraceMs: number;
  log: Logger;
}

/**
 * Connections that wait to be accepted: what systemd and the kernel have. Node's own 511 would also shorten the queue of
 * a socket that was passed, which holds the clients of a restart.
 */
const BACKLOG = 4_096;
/** How often it is looked whether everybody has left. */
const LEFT_CHECK_MS = 10;
const IDLE_CHECK_MS = 50;

export class HttpServer implements Subsystem {
  readonly name = 'http';
  readonly #options: HttpServerOptions;
  readonly #log: Logger;
  readonly #sockets = new Set<Socket>();
  #app: FastifyInstance | null = null;
  #started: Promise<void> | null = null;
  #address: string | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#log = options.log.child({ subsystem: this.name });
  }

  get address(): string | undefined {
    return this.#address;
  }

  /** Idempotent; rejects with what to do when it cannot listen. */
  async start(): Promise<void> {
    this.#started ??= this.#listen();
    await this.#started;
  }

  /** The lifecycle has turned the readiness route to 503, and every answer says that its connection ends. */
  async drain(): Promise<void> {
    if (this.#options.listenFd === null) await this.#drainOwn();
    else await this.#drainKept();
  }

  /** Whoever connects from now on is the next process's, so that this one has nothing to wait for but its own. */
  async #drainKept(): Promise<void> {
    const app = this.#app;
    if (app === null) return;
    // Only the listening ends. The close of an HTTP server would cut off idle connections, on which a request may come.
    Server.prototype.close.call(app.server);
    await this.#left([...this.#sockets], this.#options.drainGraceMs);
    await afterReading();
    app.server.closeIdleConnections();
    this.#closeSilentConnections();
  }

  /** This is the time for those outside to see that it is not ready: a port that is closed refuses them. */
  async #drainOwn(): Promise<void> {
    const { drainGraceMs, requestGraceMs } = this.#options;
    const before = [...this.#sockets];
    await sleep(drainGraceMs);
    // Kept connections leave with their next answer. Closing one that is idle may meet a request on its way, so those
    // that were not used meanwhile are given about the same time again.
    await this.#left(before, Math.min(drainGraceMs, requestGraceMs / 4));
  }

  /** Stops listening, lets requests under way be answered, and resolves when the last connection is closed. */
  async stop(): Promise<void> {
    // A start under way would open the port behind our back; how it ended is told to whoever called it.
    await Promise.allSettled([this.#started]);
    const app = this.#app;
    this.#app = null;
    this.#started = null;
    if (app === null) return;
    const { drainGraceMs, requestGraceMs } = this.#options;
    const silent = setTimeout(() => this.#closeSilentConnections(), drainGraceMs);
    // An answer that was begun before the drain says nothing of leaving: its connection is closed when it is idle.
    const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_MS);
    const forced = setTimeout(() => {
      this.#log.warn(
        { connections: this.#sockets.size },
        'requests are still under way; their connections are cut off',
      );
      app.server.closeAllConnections();
    }, requestGraceMs);
    try {
      await app.close();
    } finally {
      clearInterval(idle);
      clearTimeout(silent);
      clearTimeout(forced);
    }
  }

  async #listen(): Promise<void> {
    const { host, port, listenFd, services, jwtSecret, releaseId } = this.#options;
    const app = await buildApp({ services, jwtSecret, releaseId, log: this.#log });
    app.server.on('connection', (socket) => this.#track(socket));
    try {
      if (listenFd === null) {
        // Given the name localhost, fastify opens a second server, of which nobody knows and for which nobody waits.
        const { address } = await lookup(host);
        await app.listen({ host: address, port, backlog: BACKLOG });
      } else {
        // Not fastify's own listen: with a descriptor it passes no backlog on.
        await app.ready();
        await once(app.server.listen({ fd: listenFd }, BACKLOG), 'listening');
      }
      this.#address = addressOf(app.server);
      this.#app = app;
    } catch (error) {
      await app.close();
      throw explainListenError(error, this.#options);
    }
  }

  /** Waits until these have left, but no longer. */
  async #left(sockets: Socket[], withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (performance.now() < deadline && sockets.some((socket) => !socket.destroyed))
      await sleep(LEFT_CHECK_MS);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** Node counts a connection that never sent a byte as busy, and would wait for it without end. */
  #closeSilentConnections(): void {
    for (const socket of this.#sockets) {
      if (socket.bytesRead === 0) socket.destroy();
    }
  }
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return String(address);
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
