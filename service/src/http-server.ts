/** The HTTP server: the last to start and the first to stop. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { buildApp } from './app.ts';
import type { Subsystem } from './lifecycle.ts';
import type { Services } from './services.ts';

export interface HttpServerOptions {
  host: string;
  port: number;
  jwtSecret: string;
  services: Services;
  /** How long it goes on answering, as not ready, before it stops listening. */
  drainGraceMs: number;
  /** How long requests may still take once it stopped listening; what is left then is cut off. */
  requestGraceMs: number;
  log: Logger;
}

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

  /** The lifecycle has turned the readiness route to 503; this is the time for those outside to see it. */
  async drain(): Promise<void> {
    const { drainGraceMs, requestGraceMs } = this.#options;
    const before = [...this.#sockets];
    await sleep(drainGraceMs);
    // Kept connections leave with their next answer. Closing one that is idle may meet a request on its way, so those
    // that were not used meanwhile are given about the same time again.
    const deadline = performance.now() + Math.min(drainGraceMs, requestGraceMs / 4);
    while (performance.now() < deadline && before.some((socket) => !socket.destroyed))
      await sleep(LEFT_CHECK_MS);
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
    const { host, port, services, jwtSecret } = this.#options;
    const app = await buildApp({ services, jwtSecret, log: this.#log });
    app.server.on('connection', (socket) => this.#track(socket));
    try {
      this.#address = await app.listen({ host, port });
      this.#app = app;
    } catch (error) {
      await app.close();
      throw explainListenError(error, host, port);
    }
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

function explainListenError(error: unknown, host: string, port: number): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const where = `cannot listen on ${host}:${port}`;
  if (code === 'EADDRINUSE') {
    return new Error(
      `${where}: the port is in use; stop the program that holds it, or set PORT to a free one`,
      { cause: error },
    );
  }
  if (code === 'EACCES') {
    return new Error(
      `${where}: not permitted; set PORT to one above 1023, or give the process the right to bind it`,
      { cause: error },
    );
  }
  return new Error(
    `${where}: ${error instanceof Error ? error.message : String(error)}; check HOST and PORT`,
    { cause: error },
  );
}
