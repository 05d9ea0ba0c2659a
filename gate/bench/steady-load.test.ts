/** Real servers on the loopback, one misbehaviour each. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { deadlineIn, poll } from '../../harness/deadline.ts';
import { type Asked, SteadyLoad, type SteadyOptions } from './steady-load.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((listening) => server.once('listening', listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Until `isEnough`, then everything that was asked. */
async function load(
  origin: string,
  isEnough: (client: SteadyLoad) => boolean,
  more: Partial<SteadyOptions> = {},
): Promise<Asked[]> {
  const client = new SteadyLoad({
    origin,
    path: '/',
    connections: 'keep-alive',
    retries: false,
    perSecond: 200,
    timeoutMs: 5_000,
    ...more,
  });
  const reached = await poll(
    () => (isEnough(client) ? true : undefined),
    deadlineIn(20_000, 'enough requests'),
  );
  const asked = await client.stop();
  if (!reached.met) throw new Error(reached.reason);
  return asked;
}

/** Answers each connection once and resets it at the second request. */
function resetsReused(): RequestListener {
  const served = new WeakSet<object>();
  return ({ socket }, answer) => {
    if (served.has(socket)) return void socket.resetAndDestroy();
    served.add(socket);
    answer.end();
  };
}

const fates = (asked: readonly Asked[]): Set<string> => new Set(asked.map(({ fate }) => fate));
const answered = (count: number) => (client: SteadyLoad) => client.answeredSince(0) >= count;
const after = (ms: number) => {
  const enough = deadlineIn(ms, 'requests');
  return () => enough.expired();
};

describe('steady load', () => {
  it.each(['keep-alive', 'fresh'] as const)('asks at its rate: %s', async (connections) => {
    const used = new Set<object>();
    const origin = await serve(({ socket }, answer) => void (used.add(socket), answer.end()));
    const asked = await load(origin, answered(150), { connections });
    expect(fates(asked)).toEqual(new Set(['answered']));
    const [first, last] = [asked[0], asked.at(-1)];
    const spanMs = (last?.dueAtMs ?? 0) - (first?.dueAtMs ?? 0);
    expect((asked.length - 1) / (spanMs / 1_000)).toBeCloseTo(200, 0);
    expect(used.size).toBe(connections === 'fresh' ? asked.length : 64);
  });

  it('loses what is reset on a reused connection, unless it asks again', async () => {
    const without = await load(await serve(resetsReused()), after(1_500));
    expect(fates(without)).toEqual(new Set(['answered', 'resetReused']));
    expect(without.some(({ retried }) => retried)).toBe(false);
    const again = await load(await serve(resetsReused()), after(1_500), { retries: true });
    expect(fates(again)).toEqual(new Set(['answered']));
    expect(again.filter(({ retried }) => retried).length).toBeGreaterThan(50);
  });

  it('does not ask again what was reset on a new connection', async () => {
    const origin = await serve(({ socket }) => void socket.resetAndDestroy());
    const asked = await load(origin, after(300), { retries: true });
    expect(fates(asked)).toEqual(new Set(['resetFresh']));
    expect(asked.some(({ retried }) => retried)).toBe(false);
  });

  it('tells a closed port, another status, a cut and a missing answer apart', async () => {
    const closed = await serve((_, answer) => void answer.end());
    await new Promise((done) => servers.pop()?.close(done));
    expect(fates(await load(closed, after(200)))).toEqual(new Set(['refused']));
    const status = await serve((_, answer) => void answer.writeHead(503).end());
    expect(fates(await load(status, after(200)))).toEqual(new Set(['wrongStatus']));
    const cut = await serve((_, answer) => {
      answer.writeHead(200, { 'content-length': '10' });
      answer.write('half', () => answer.destroy());
    });
    expect(fates(await load(cut, after(200)))).toEqual(new Set(['cut']));
    const silent = await serve(() => undefined);
    expect(fates(await load(silent, after(200), { timeoutMs: 300 }))).toEqual(new Set(['late']));
  });

  it('counts the wait for a connection: the loop is open', async () => {
    const origin = await serve((_, answer) => void setTimeout(() => answer.end(), 400));
    const asked = await load(origin, after(2_000), { perSecond: 400 });
    // 64 connections answer 160 a second: the others wait for one of them.
    const slowest = Math.max(...asked.map(({ dueAtMs, endedAtMs }) => endedAtMs - dueAtMs));
    expect(slowest).toBeGreaterThan(1_000);
  });
});
