/** The harness's name server, asked by a resolver that is not of the harness. Port 53 takes root. */
import { Resolver } from 'node:dns/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { openNameServer, type NameServer } from './name-server.ts';

let server: NameServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function ask(type: 'A' | 'AAAA', timeout = 2_000): Promise<unknown> {
  const resolver = new Resolver({ timeout, tries: 1 });
  resolver.setServers([server?.address ?? '']);
  return resolver.resolve('companions.shakedown.test', type).catch(({ code }: { code: string }) => code);
}

describe.skipIf(process.getuid?.() !== 0)('a name server', () => {
  it('knows every name, none, or does not answer, and tells what was lost since', async () => {
    server = await openNameServer();
    expect(await ask('A')).toEqual(['127.0.0.1']);
    expect(await ask('AAAA')).toBe('ENODATA');
    expect(server.lost()).toEqual([]);
    server.say('unknown');
    expect(await ask('A')).toBe('ENOTFOUND');
    expect(server.lost()).toEqual(['companions.shakedown.test']);
    server.say('silent');
    expect(server.lost()).toEqual([]);
    expect(await ask('A', 200)).toBe('ETIMEOUT');
    expect(server.lost()).toEqual(['companions.shakedown.test']);
    server.say('known');
    expect(await ask('A')).toEqual(['127.0.0.1']);
  });

  it('has an address of its own, and survives what is no question', async () => {
    server = await openNameServer();
    const other = await openNameServer();
    expect(other.address).not.toBe(server.address);
    await other.close();
    const { createSocket } = await import('node:dgram');
    const socket = createSocket('udp4');
    for (const rubbish of ['', 'x', 'twelve bytes', `twelve bytes\x3f`, 'twelve bytes\0'])
      await new Promise((sent) => socket.send(rubbish, 53, server?.address, sent));
    socket.close();
    expect(await ask('A')).toEqual(['127.0.0.1']);
  });
});
