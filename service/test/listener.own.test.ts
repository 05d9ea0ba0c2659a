/** The service on a socket of its own: what fastify's defaults get wrong, and what every answer says. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ADMIN, bodyOf, spawnService, until, type ServiceProcess } from './subjects.ts';

let service: ServiceProcess;
afterEach(() => service.kill());

/** Sends a request and returns what came back when the connection is closed, or when `enough` has come. */
async function ask(text: string, enough = /$^/): Promise<string> {
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1').setEncoding('latin1');
  let answer = '';
  const closed = once(socket, 'close');
  socket.on('data', (chunk: string) => {
    answer += chunk;
    if (enough.test(answer)) socket.destroy();
  });
  socket.write(text);
  await closed;
  return answer;
}

const requestOf = (line: string, headers = 'Connection: close\r\n') =>
  `${line} HTTP/1.1\r\nHost: service\r\n${headers}\r\n`;

describe('every answer', () => {
  it('names the release, whoever wrote it', async () => {
    service = await spawnService({ RELEASE_ID: '0.1.0+g1234abc' });
    await service.ready();
    const login = await fetch(`${service.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ADMIN),
    });
    const { token } = await bodyOf<{ token: string }>(login);
    const answers = [
      await ask(requestOf('GET /api/health/ping')),
      await ask(requestOf('GET /api/bots')),
      await ask(requestOf('GET /no/such/path')),
      // These two never reach a hook.
      await ask(requestOf('GET /%zz')),
      await ask(requestOf('GET /api/realtime/events', `Authorization: Bearer ${token}\r\n`), /: open\n/),
      await ask(
        requestOf('POST /api/auth/login', 'Content-Type: application/json\r\nContent-Length: 99999\r\n'),
      ),
    ];
    expect(answers.map((answer) => answer.slice(9, 12))).toEqual(['200', '401', '404', '400', '200', '413']);
    for (const answer of answers) expect(answer).toMatch(/\r\nx-release: 0\.1\.0\+g1234abc\r\n/i);
    expect(service.lines.find(({ msg }) => msg === 'starting')).toMatchObject({
      releaseId: '0.1.0+g1234abc',
    });
  });

  it('names none when there is none', async () => {
    service = await spawnService();
    await service.ready();
    expect(await ask(requestOf('GET /api/health/ping'))).not.toMatch(/x-release/i);
  });

  it('offers to keep the connection for longer than a proxy does, which keeps its own for 60 s', async () => {
    service = await spawnService();
    await service.ready();
    const answer = await ask(requestOf('GET /api/health/ping', ''), /\{"status":"ok"\}/);
    expect(Number(/\r\nkeep-alive: timeout=(\d+)\r\n/i.exec(answer)?.[1])).toBeGreaterThan(60);
  });
});

describe('the name localhost', () => {
  it('is one socket, and a connection to it is closed with the service as any other', async () => {
    // Where it has two addresses; on some machines it has one.
    const both = `
      import dns from 'node:dns';
      const { lookup } = dns;
      const all = [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }];
      dns.lookup = (host, options, done) =>
        host === 'localhost' && options.all ? done(null, all) : lookup(host, options, done);`;
    service = await spawnService({ HOST: 'localhost' }, both);
    await until('it is ready', () => service.lines.some(({ msg }) => msg === 'ready'));
    const address = String(service.lines.find(({ msg }) => msg === 'ready')?.['address']);
    expect(address).toMatch(/^http:\/\/(127\.0\.0\.1|\[::1\]):\d+$/);
    const reached = await Promise.all(
      ['127.0.0.1', '::1'].map(async (host) => {
        const socket = connect(Number(new URL(address).port), host);
        try {
          await once(socket, 'connect');
          return [socket];
        } catch {
          return [];
        }
      }),
    );
    expect(reached.flat()).toHaveLength(1);
    service.child.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });
});
