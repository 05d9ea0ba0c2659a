/** Every trouble of the proxy over real sockets: what the service sees of it, and that it is counted. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deadlineIn, poll } from '../../harness/deadline.ts';
import { openProxy, type Proxy } from './proxy.ts';

const SOON_MS = 5_000;
const ANSWER = 'a'.repeat(200);

let proxy: Proxy;
let stop: () => Promise<void>;
const clients: Socket[] = [];

/** A dependency that answers every message, and closes after an answer to `last`. */
beforeEach(async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      socket.write(ANSWER);
      if (chunk.toString() === 'last') socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await openProxy({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  stop = async () => {
    for (const socket of [...sockets, ...clients.splice(0)]) socket.destroy();
    await proxy.close();
    await new Promise((resolve) => server.close(resolve));
  };
});
afterEach(() => stop());

interface Client {
  socket: Socket;
  /** What has happened to it, in order. */
  seen: { bytes: number; chunks: number; ended: boolean; error: string | undefined; firstMs: number };
}

function open(): Client {
  const socket = connect({ host: '127.0.0.1', port: proxy.port });
  clients.push(socket);
  const seen: Client['seen'] = { bytes: 0, chunks: 0, ended: false, error: undefined, firstMs: 0 };
  socket.on('data', (chunk) => {
    if (seen.bytes === 0) seen.firstMs = performance.now();
    seen.bytes += chunk.length;
    seen.chunks += 1;
  });
  socket.on('end', () => (seen.ended = true));
  socket.on('error', (error: NodeJS.ErrnoException) => (seen.error = error.code));
  return { socket, seen };
}

const until = async (condition: () => boolean, what: string): Promise<void> => {
  const waited = await poll(() => (condition() ? true : undefined), deadlineIn(SOON_MS, what));
  expect(waited.met, what).toBe(true);
};

/** Asks once without trouble, so that the connection goes all the way. */
async function openThrough(): Promise<Client> {
  const client = open();
  client.socket.write('first');
  await until(() => client.seen.bytes === ANSWER.length, 'the first answer');
  Object.assign(client.seen, { bytes: 0, chunks: 0 });
  return client;
}

describe('a proxy', () => {
  it('without trouble passes both ways, the end too, and counts nothing', async () => {
    const { socket, seen } = await openThrough();
    socket.write('last');
    await until(() => seen.bytes === ANSWER.length && seen.ended, 'the last answer and the end');
    expect([seen.error, proxy.strikes()]).toEqual([undefined, 0]);
  });

  it('that is late brings the whole answer late, and the end after it', async () => {
    const { socket, seen } = await openThrough();
    proxy.set('late');
    const askedAt = performance.now();
    socket.write('last');
    await until(() => seen.ended, 'the end');
    expect(seen.bytes).toBe(ANSWER.length);
    expect(seen.firstMs - askedAt).toBeGreaterThan(1_000);
    expect(proxy.strikes()).toBeGreaterThan(0);
  });

  it.each(['silent', 'half-open'] as const)('that is %s takes and gives nothing', async (trouble) => {
    const { socket, seen } = await openThrough();
    proxy.set(trouble);
    socket.write('last');
    await until(() => proxy.strikes() > 0, 'it to strike');
    const heard = await poll(
      () => (seen.bytes > 0 || seen.ended || seen.error !== undefined ? true : undefined),
      deadlineIn(300, 'anything'),
    );
    expect(heard.met).toBe(false);
  });

  it('that is trickling brings an answer in small pieces', async () => {
    const { socket, seen } = await openThrough();
    proxy.set('trickling');
    socket.write('more');
    await until(() => seen.bytes === ANSWER.length, 'the whole answer');
    expect(seen.chunks).toBeGreaterThan(1);
    expect(proxy.strikes()).toBeGreaterThan(0);
  });

  it.each(['resetting', 'refusing'] as const)(
    'that is %s cuts what is open and what comes',
    async (trouble) => {
      const { seen } = await openThrough();
      proxy.set(trouble);
      await until(() => seen.error === 'ECONNRESET', 'a reset of the open connection');
      const late = open();
      await until(() => late.seen.error === 'ECONNRESET' || late.seen.ended, 'a reset of the new connection');
      expect(proxy.strikes()).toBe(2);
      proxy.set('none');
      const { seen: well } = await openThrough();
      expect(well.error).toBeUndefined();
    },
  );
});
