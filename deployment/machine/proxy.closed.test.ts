/** The proxy keeps nothing open for somebody who has gone. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openProxy, type Proxy } from './proxy.ts';

/** Only ports of web servers are let through: an address of its own in the loopback network. */
const UPSTREAM = '127.0.0.77';
const isRoot = process.getuid?.() === 0;

let upstream: Server;
let proxy: Proxy;

beforeEach(async () => {
  if (!isRoot) return;
  upstream = createServer((_request, response) => void response.write('half of it'));
  upstream.listen(80, UPSTREAM);
  await once(upstream, 'listening');
  proxy = await openProxy('127.0.0.1');
});

afterEach(async () => {
  if (!isRoot) return;
  await proxy.close();
  upstream.closeAllConnections();
  upstream.close();
});

it.skipIf(!isRoot)(
  `leaves the other side when whoever asked goes in the middle of an answer${isRoot ? '' : ' (needs root for port 80)'}`,
  { timeout: 20_000 },
  async () => {
    const reached = once(upstream, 'connection') as Promise<[Socket]>;
    const client = connect(proxy.port, '127.0.0.1');
    client.write(`GET http://${UPSTREAM}/file HTTP/1.1\r\nHost: ${UPSTREAM}\r\n\r\n`);
    const [socket] = await reached;
    await once(client, 'data');
    const left = once(socket, 'close');
    client.destroy();
    await left;
    expect((upstream.address() as AddressInfo).port).toBe(80);
  },
);
