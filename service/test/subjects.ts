/** What the tests of the service share: a log that can be read, a free port, and the service as a real process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pino, type Logger } from 'pino';
import { Accounts } from '../src/accounts.ts';
import { Database } from '../src/database.ts';
import { Events } from '../src/events.ts';
import type { ExchangeId, Price, SymbolInfo } from '../src/exchanges/exchange.ts';
import type { Exchanges } from '../src/exchanges/exchanges.ts';
import type { Features } from '../src/features.ts';
import { HttpServer } from '../src/http-server.ts';
import { ONE } from '../src/trading/money.ts';
import { Trading } from '../src/trading/trading.ts';

export type LogLine = Record<string, unknown> & { level: number; msg: string };

export const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** A logger whose lines end up in an array. */
export function readableLog(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  return { log: pino({ level: 'trace' }, { write: (line) => void lines.push(JSON.parse(line)) }), lines };
}

/** Below the ephemeral range, and above what the harness and the exchanges take. */
const PORTS = { first: 32_000, count: 768 };
/** Processes that test side by side begin at different places. */
let given = process.pid * 32;

/** A free port on loopback: in order, since a service that is being restarted keeps one that is free meanwhile. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    given += 1;
    const port = PORTS.first + (given % PORTS.count);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
      server.close();
      await once(server, 'close');
      return port;
    } catch {
      // Taken: the next one.
    }
  }
  throw new Error('no free port between 32000 and 32767 on 127.0.0.1 in 50 attempts');
}

export function scratchFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'paper-trading-'));
}

/** Polls until `condition` holds; rejects after `withinMs` with what it waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 15_000,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const ADMIN = { email: 'admin@example.com', password: 'an admin of paper' };
export const USER = { email: 'trader@example.com', password: 'a trader of paper' };

export const OTHER = { email: 'other@example.com', password: 'another one on paper' };

/** Prices by hand, in the shape of the exchanges: BTC/USDT on binance at a price that the test sets. */
export function handMadeExchanges() {
  const market: SymbolInfo = {
    symbol: 'BTC/USDT',
    base: 'BTC',
    quote: 'USDT',
    minQuantity: ONE / 100_000n,
    tickSize: ONE / 100n,
    takerFee: ONE / 1_000n,
  };
  const watchers = new Set<(price: Price) => void>();
  let last: bigint | undefined = 50_000n * ONE;
  const price = (): Price | undefined =>
    last === undefined ? undefined : { bid: last - ONE, ask: last + ONE, last, at: new Date() };
  return {
    enabled: ['binance' as ExchangeId],
    markets: (id: ExchangeId) => (id === 'binance' ? [market] : []),
    price: (id: ExchangeId, symbol: string) =>
      id === 'binance' && symbol === market.symbol ? price() : undefined,
    watch: (_id: ExchangeId, _symbol: string, onPrice: (price: Price) => void) => {
      watchers.add(onPrice);
      return () => void watchers.delete(onPrice);
    },
    status: () => [],
    reopen: async () => {},
    /** Undefined: no fresh price. */
    setPrice(whole: number | undefined): void {
      last = whole === undefined ? undefined : BigInt(whole) * ONE;
      const now = price();
      if (now !== undefined) for (const onPrice of watchers) onPrice(now);
    },
  };
}

export interface AppSubject {
  url: string;
  database: Database;
  accounts: Accounts;
  events: Events;
  trading: Trading;
  exchanges: ReturnType<typeof handMadeExchanges>;
  server: HttpServer;
  /** May be set. */
  lifecycle: { phase: 'ready' | 'draining' };
  /** The header for one of the accounts. */
  bearer(identity: { email: string; password: string }): Promise<string>;
  call(method: string, path: string, authorization?: string, body?: unknown): Promise<Response>;
  stop(): Promise<void>;
}

export const JWT_SECRET = 'a secret for the tests of this folder only';
const ALL_ON: Features = {
  trading: true,
  bodyguard: true,
  autopilot: true,
  selfHealing: true,
  realtime: true,
};

/** The service without its `main.ts`, in this process: accounts 1 (an admin), 2 and 3, prices by hand. */
export async function startApp({
  log,
  features = {},
  path = ':memory:',
  heartbeatMs = 60_000,
  maxEventStreams = 100,
}: {
  log: Logger;
  features?: Partial<Features>;
  path?: string;
  heartbeatMs?: number;
  maxEventStreams?: number;
}): Promise<AppSubject> {
  const database = new Database({ path });
  const seeds = [
    { ...ADMIN, role: 'admin' as const },
    ...[USER, OTHER].map((seed) => ({ ...seed, role: 'user' as const })),
  ];
  const accounts = new Accounts({ database, seeds, log });
  const events = new Events({ database, heartbeatMs, log });
  const exchanges = handMadeExchanges();
  const trading = new Trading({ database, exchanges, events, log });
  const lifecycle: AppSubject['lifecycle'] = { phase: 'ready' };
  const all = { ...ALL_ON, ...features };
  const server = new HttpServer({
    host: '127.0.0.1',
    port: await freePort(),
    listenFd: null,
    jwtSecret: JWT_SECRET,
    releaseId: undefined,
    services: {
      lifecycle,
      database,
      accounts,
      events,
      // The rest of the class is private, or not called by the routes.
      exchanges: exchanges as unknown as Exchanges,
      trading: all.trading ? trading : undefined,
      features: all,
      maxEventStreams,
      log,
    },
    drainGraceMs: 0,
    requestGraceMs: 1_000,
    log,
  });
  const parts = [database, accounts, events, trading, server];
  for (const part of parts) await part.start();
  const url = String(server.address);
  const call: AppSubject['call'] = (method, path, authorization, body) =>
    fetch(url + path, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    ...{ url, database, accounts, events, trading, exchanges, server, lifecycle, call },
    bearer: async (identity) => {
      const answer = await call('POST', '/api/auth/login', undefined, identity);
      return `Bearer ${(await bodyOf<{ token: string }>(answer)).token}`;
    },
    stop: async () => {
      await events.drain();
      for (const part of parts.toReversed()) await part.stop();
    },
  };
}

export async function bodyOf<T = Record<string, unknown>>(answer: Response): Promise<T> {
  return (await answer.json()) as T;
}

/** What a client of an event stream has read. */
export interface StreamReader {
  status: number;
  events: { id: string | undefined; type: string | undefined; data: unknown; comment: boolean }[];
  /** Resolves when the server has ended it, or the connection is gone. */
  closed: Promise<void>;
  leave(): void;
}

/** Opens an event stream and reads until it is closed. */
export async function readStream(
  url: string,
  authorization: string,
  { lastEventId, query = '' }: { lastEventId?: number | string; query?: string } = {},
): Promise<StreamReader> {
  const leaving = new AbortController();
  const headers = {
    authorization,
    ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }),
  };
  const answer = await fetch(`${url}/api/realtime/events${query}`, { headers, signal: leaving.signal });
  const events: StreamReader['events'] = [];
  const read = async () => {
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString();
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      events.push(...blocks.map(parseBlock));
    }
  };
  // The client's own leaving ends the reading with an error, too.
  const closed = read().catch(() => undefined);
  return { status: answer.status, events, closed, leave: () => leaving.abort() };
}

function parseBlock(block: string): StreamReader['events'][number] {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  const data = field('data');
  return {
    id: field('id'),
    type: field('event'),
    data: data === undefined ? undefined : JSON.parse(data),
    comment: /^: /m.test(block),
  };
}

/** The service, spawned as its user would: `node src/main.ts`. */
export interface ServiceProcess {
  child: ChildProcess;
  url: string;
  lines: LogLine[];
  stderr: () => string;
  /** Resolves with the exit code and the signal when the output is complete. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  ready(): Promise<void>;
  /** Ends it at once if it still runs, and removes its folder. */
  kill(): Promise<void>;
}

/**
 * `preload` is a module that Node runs first: faults come from outside, the service has no switch for them. `listenFd` is
 * a socket of this process, on `PORT`, that the service is handed as systemd hands it.
 */
export async function spawnService(
  env: Record<string, string> = {},
  preload?: string,
  listenFd?: number,
): Promise<ServiceProcess> {
  const folder = await scratchFolder();
  const port = env['PORT'] ?? String(await freePort());
  const flags =
    preload === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];
  const command = [process.execPath, ...flags, MAIN];
  // The variable names the process that the socket is for, which only that one knows.
  const [program = '', ...args] =
    listenFd === undefined
      ? command
      : [
          '/bin/sh',
          '-c',
          `export LISTEN_FDS=1 LISTEN_PID=${env['LISTEN_PID'] ?? '$$'}; exec "$0" "$@"`,
          ...command,
        ];
  const child = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe', ...(listenFd === undefined ? [] : [listenFd])],
    env: {
      PORT: port,
      // Traffic stays on this machine: a test that wants exchanges names its own.
      EXCHANGES: 'none',
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      USER_EMAIL: USER.email,
      USER_PASSWORD: USER.password,
      ...env,
    },
  });
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('the service was spawned without pipes');
  const lines: LogLine[] = [];
  createInterface(stdout).on('line', (line) => lines.push(JSON.parse(line)));
  let errors = '';
  stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  const url = `http://127.0.0.1:${port}`;
  return {
    child,
    url,
    lines,
    stderr: () => errors,
    exited,
    ready: () =>
      until('the service is ready', async () => {
        if (child.exitCode !== null)
          throw new Error(`the service exited with ${child.exitCode}: ${errors}${JSON.stringify(lines)}`);
        return (await statusOf(`${url}/api/health/ready`)) === 200;
      }),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The status of a GET on a connection of its own; undefined when nobody answers. */
export async function statusOf(url: string): Promise<number | undefined> {
  try {
    const answer = await fetch(url, { headers: { connection: 'close' } });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return undefined;
  }
}
