/** The load against real servers: its schedule is its own, and each fate is really met. */
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { Server as TcpServer, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import type { LoadConfig } from '../../harness/config.ts';
import { findFreePort } from '../../harness/supervisors/ports.ts';
import { startLoad } from './generator.ts';
import { createRequestMix } from './request-mix.ts';
import { warmUp } from './warm-up.ts';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function configOf(changes: Partial<LoadConfig> = {}): LoadConfig {
  const { soak } = configSchema.parse({ soak: { load: { requests: [{ path: '/' }] } } });
  if (!soak.load) throw new Error('the configuration lost its load');
  return { ...soak.load, requestsPerSecond: 200, connections: 8, timeoutMs: 1_000, ...changes };
}

async function listen(server: TcpServer): Promise<string> {
  const port = await findFreePort('127.0.0.1');
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return `http://127.0.0.1:${port}`;
}

async function serve(listener: RequestListener): Promise<{ origin: string; server: Server }> {
  const server = createServer(listener);
  const origin = await listen(server);
  closers.push(() => server.closeAllConnections());
  return { origin, server };
}

/** A TCP server that does with each connection as it is told. */
async function serveRaw(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  return listen(server);
}

describe('load', () => {
  it('keeps its rate, on kept and on new connections by turns', async () => {
    const connections = new Map<Socket, number>();
    const { origin } = await serve((request, response) => {
      connections.set(request.socket, (connections.get(request.socket) ?? 0) + 1);
      response.end('ok');
    });
    const load = startLoad({ origin, config: configOf(), seed: 1 });
    await pause(500);
    const totals = await load.stop();
    expect(totals.byFate).toMatchObject({ answered: totals.sent, refused: 0, failed: 0 });
    expect(totals.sent).toBeGreaterThan(80);
    expect(totals.sent).toBeLessThan(120);
    const once = [...connections.values()].filter((count) => count === 1).length;
    expect(once).toBeGreaterThan(totals.sent * 0.4);
    expect(Math.max(...connections.values())).toBeGreaterThan(5);
  });

  it('is open loop: a service that stands still is measured from when requests were due', async () => {
    let stalled = true;
    const waiting: (() => void)[] = [];
    const { origin } = await serve((_request, response) => {
      if (stalled) waiting.push(() => response.end());
      else response.end();
    });
    const load = startLoad({ origin, config: configOf({ connections: 2 }), seed: 1 });
    await pause(400);
    stalled = false;
    for (const answer of waiting) answer();
    await pause(300);
    const totals = await load.stop();
    // Two connections alone would have sent two requests in the first 400 ms, and called them the only slow ones.
    expect(totals.sent).toBeGreaterThan(100);
    expect(totals.latencyMs.p50).toBeGreaterThan(50);
    expect(totals.latencyMs.max).toBeGreaterThan(350);
  });

  it('ends when all that had fallen due has been sent, also what waited for a service that stood still', async () => {
    const waiting: (() => void)[] = [];
    let stalled = true;
    const { origin } = await serve((_request, response) => {
      if (stalled) waiting.push(() => response.end());
      else response.end();
    });
    const load = startLoad({ origin, config: configOf({ connections: 2, timeoutMs: 5_000 }), seed: 1 });
    await pause(300);
    const stopping = load.stop();
    stalled = false;
    for (const answer of waiting) answer();
    const totals = await stopping;
    expect(totals.byFate.answered).toBe(totals.sent);
    expect(totals.achievedPerSecond).toBeGreaterThan(150);
  });

  it('waits with a connection for each, where somebody listens on through a restart', async () => {
    let most = 0;
    const waiting: (() => void)[] = [];
    let stalled = false;
    const { origin } = await serve((_request, response) => {
      if (!stalled) return void response.end();
      waiting.push(() => response.end());
      most = Math.max(most, waiting.length);
    });
    const config = configOf({ connections: 2, timeoutMs: 1_000 });
    const load = startLoad({ origin, config, seed: 1, isPatient: true });
    await pause(100);
    await load.strike(async () => {
      stalled = true;
    });
    await pause(300);
    stalled = false;
    for (const answer of waiting) answer();
    const totals = await load.stop();
    expect(most).toBeGreaterThan(30);
    expect(totals.byFate).toMatchObject({ answered: totals.sent, late: 0 });
  });

  it('strikes while requests are on the wire on connections that have answered before', async () => {
    let inHandler = 0;
    const { origin, server } = await serve((_request, response) => {
      inHandler += 1;
      setTimeout(() => {
        inHandler -= 1;
        response.end();
      }, 30);
    });
    const load = startLoad({ origin, config: configOf(), seed: 1 });
    await pause(200);
    let struck = 0;
    const inFlight = await load.strike(async () => {
      struck += 1;
    });
    expect(struck).toBe(1);
    expect(inFlight).toBeGreaterThanOrEqual(3);
    await pause(5);
    expect(inHandler).toBeGreaterThan(0);
    server.closeAllConnections();
    const totals = await load.stop();
    expect(totals.inFlightAtSignal).toBe(inFlight);
    // What was sent earlier may have been answered in the last moment.
    expect(totals.byFate.resetInFlight).toBeGreaterThan(0);
    expect(totals.byFate.resetInFlight).toBeLessThanOrEqual(inFlight);
    expect(totals.lost).toContainEqual(expect.objectContaining({ fate: 'resetInFlight', reused: true }));
  });

  it('says that nothing was in flight where nothing could be', async () => {
    const port = await findFreePort('127.0.0.1');
    const load = startLoad({ origin: `http://127.0.0.1:${port}`, config: configOf(), seed: 1 });
    expect(await load.strike(async () => undefined)).toBe(0);
    const totals = await load.stop();
    expect(totals.byFate.refused).toBe(totals.sent);
    expect(totals.lost).toHaveLength(5);
  });

  it.each([
    ['late', 'no answer at all', () => undefined],
    [
      'cut',
      'half an answer',
      (socket: Socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')),
    ],
    [
      'wrongStatus',
      'another status',
      (socket: Socket) =>
        socket.once('data', () =>
          socket.end('HTTP/1.1 503 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
        ),
    ],
    ['failed', 'no HTTP', (socket: Socket) => socket.once('data', () => socket.end('who are you?\r\n'))],
  ] as const)('tells %s: %s', async (fate, _what, onConnection) => {
    const origin = await serveRaw(onConnection);
    const load = startLoad({ origin, config: configOf({ timeoutMs: 300 }), seed: 1 });
    await pause(100);
    const totals = await load.stop();
    expect(totals.sent).toBeGreaterThan(0);
    expect(totals.byFate[fate]).toBe(totals.sent);
  });

  it('sends nothing while it is held, and makes up for it', async () => {
    let requests = 0;
    const { origin } = await serve((_request, response) => {
      requests += 1;
      response.end();
    });
    const load = startLoad({ origin, config: configOf(), seed: 1 });
    await pause(100);
    await load.hold(async () => {
      await pause(20);
      const before = requests;
      await pause(100);
      expect(requests).toBe(before);
    });
    await pause(200);
    const totals = await load.stop();
    expect(totals.sent).toBeGreaterThan(65);
    expect(totals.latencyMs.max).toBeGreaterThan(80);
  });

  it('leaves no connection behind', async () => {
    const { origin, server } = await serve((_request, response) => response.end());
    const load = startLoad({ origin, config: configOf(), seed: 1 });
    await pause(100);
    await load.stop();
    await warmUp({ origin, config: configOf() });
    await pause(20);
    const open = await new Promise<number>((resolve) =>
      server.getConnections((_error, count) => resolve(count)),
    );
    expect(open).toBe(0);
  });
});

describe('request mix', () => {
  it('follows weights, and is the same for the same seed', () => {
    const [light, heavy] = [1, 3].map((weight) => ({
      method: 'GET' as const,
      path: `/${weight}`,
      headers: {},
      expect: [200],
      weight,
    }));
    if (light === undefined || heavy === undefined) throw new Error('no templates');
    const draw = (seed: number) => {
      const mix = createRequestMix([light, heavy], seed);
      return Array.from({ length: 1_000 }, () => mix.next().path);
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(7).filter((path) => path === '/3').length).toBeGreaterThan(700);
    const mix = createRequestMix([light, heavy], 1);
    mix.took(heavy, 5);
    mix.took(light, 9);
    expect(mix.slowestFirst()).toEqual([light, heavy]);
  });
});
