import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ADMIN, freePort, spawnService, statusOf, until, type ServiceProcess } from './subjects.ts';

let service: ServiceProcess;
afterEach(() => service.kill());

const messages = () => service.lines.map(({ msg }) => msg);
const troubles = () => service.lines.filter(({ level, msg }) => level >= 40 && !msg.startsWith('JWT_SECRET'));

/** A login on a kept-alive connection, sent but for the last byte of its body. */
function beginLogin(agent: Agent) {
  const body = JSON.stringify(ADMIN);
  const login = request(`${service.url}/api/auth/login`, {
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
  });
  login.write(body.slice(0, -1));
  const answered = once(login, 'response').then(async (args) => {
    const answer: IncomingMessage = args[0];
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += chunk;
    return { status: answer.statusCode, connection: answer.headers.connection, body: JSON.parse(text) };
  });
  return { answered, finish: () => login.end(body.slice(-1)) };
}

async function portIsFree(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  try {
    await once(socket, 'connect');
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}

describe('SIGTERM', () => {
  it('with a login in flight: not ready, the login answered after the port closed, exit 0', async () => {
    service = await spawnService({ DRAIN_GRACE_MS: '1000' });
    await service.ready();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = beginLogin(agent);
    first.finish();
    expect(await first.answered).toMatchObject({ status: 200, connection: 'keep-alive' });

    const second = beginLogin(agent);
    service.child.kill('SIGTERM');
    await until(
      'the service says it is not ready',
      async () => (await statusOf(`${service.url}/api/health/ready`)) === 503,
    );
    await until('the port is closed', () => portIsFree(service.url));
    second.finish();
    expect(await second.answered).toMatchObject({
      status: 200,
      connection: 'close',
      body: { user: { email: ADMIN.email } },
    });

    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(messages().slice(-6)).toEqual(['draining', ...Array(4).fill('subsystem stopped'), 'stopped']);
    expect(troubles()).toEqual([]);
    expect(service.stderr()).toBe('');
    agent.destroy();
  });

  it('with a request of which half the head has come: answered when the other half comes after the port closed', async () => {
    service = await spawnService();
    await service.ready();
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1').setEncoding('utf8');
    let answer = '';
    socket.on('data', (text: string) => (answer += text));
    socket.write('GET /api/health/ping HTTP/1.1\r\nHost: service\r\n');
    await once(socket, 'connect');
    service.child.kill('SIGTERM');
    await until('the port is closed', () => portIsFree(service.url));
    socket.write('\r\n');
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it('with a connection that never sent a byte: it is closed, exit 0 well before the deadline', async () => {
    service = await spawnService();
    await service.ready();
    const silent = connect(Number(new URL(service.url).port), '127.0.0.1');
    await once(silent, 'connect');
    service.child.kill('SIGTERM');
    await once(silent, 'close');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.lines.at(-1)).toMatchObject({ msg: 'stopped', clean: true });
    expect(troubles()).toEqual([]);
  });

  it('with a request that never ends: cut off before the deadline, logged, exit 0', async () => {
    service = await spawnService({ SHUTDOWN_DEADLINE_MS: '2000' });
    await service.ready();
    const agent = new Agent({ keepAlive: true });
    const endless = beginLogin(agent);
    service.child.kill('SIGTERM');
    await expect(endless.answered).rejects.toThrow(/hang up|ECONNRESET/);
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(troubles()).toMatchObject([{ level: 40, connections: 1 }]);
    agent.destroy();
  });

  it('or SIGINT, as Ctrl-C sends it: exit 0', async () => {
    service = await spawnService();
    await service.ready();
    service.child.kill('SIGINT');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.lines.find(({ msg }) => msg === 'draining')).toMatchObject({ reason: 'SIGINT' });
  });

  it('followed by SIGINT: the second is logged and ignored, exit 0', async () => {
    service = await spawnService();
    await service.ready();
    service.child.kill('SIGTERM');
    await until('the service drains', () => messages().includes('draining'));
    service.child.kill('SIGINT');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(troubles()).toMatchObject([{ level: 40, reason: 'SIGINT' }]);
    expect(messages().filter((msg) => msg === 'draining')).toHaveLength(1);
  });

  it('during the start: what was started is stopped, exit 0', async () => {
    service = await spawnService();
    await until('the service begins to start', () => messages().includes('starting'));
    service.child.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.lines.at(-1)).toMatchObject({ msg: 'stopped', clean: true });
    expect(await portIsFree(service.url)).toBe(true);
  });
});

describe('a start that cannot succeed', () => {
  it('on a port in use: one clear error, everything unwound, exit 1', async () => {
    const port = await freePort();
    const holder = createServer().listen(port, '127.0.0.1');
    await once(holder, 'listening');
    service = await spawnService({ PORT: String(port) });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    holder.close();
    expect(troubles()).toMatchObject([
      {
        level: 60,
        err: {
          message: expect.stringMatching(
            `cannot listen on 127.0.0.1:${port}: the port is in use; stop .* or set PORT`,
          ),
        },
      },
    ]);
    expect(service.lines.at(-1)).toMatchObject({ msg: 'stopped', clean: false });
    expect(messages()).not.toContain('ready');
  });

  it('on a bad setting: one sentence on standard error, exit 2', async () => {
    service = await spawnService({ PORT: 'http' });
    expect(await service.exited).toEqual({ code: 2, signal: null });
    expect(service.stderr()).toMatch(/^PORT is "http" in the environment, but must be [^\n]*\n$/);
    expect(service.lines).toEqual([]);
  });

  it('on a database that cannot be opened: one clear error, exit 1', async () => {
    service = await spawnService({ DATABASE_PATH: 'no/such/folder/db.sqlite' });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(troubles()).toMatchObject([
      { level: 60, err: { message: expect.stringMatching(/no\/such\/folder.*DATABASE_PATH/) } },
    ]);
  });
});

describe('a crash', () => {
  it.each([
    ['an uncaught exception', 'throw new Error("planted")', 'uncaught exception'],
    ['an unhandled rejection', 'Promise.reject(new Error("planted"))', 'unhandled rejection'],
  ])('by %s: logged, everything stopped, exit 1', async (_name, fault, msg) => {
    service = await spawnService({}, `process.on('SIGUSR2', () => { ${fault} })`);
    await service.ready();
    service.child.kill('SIGUSR2');
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(troubles()).toMatchObject([{ level: 60, msg, err: { message: 'planted' } }]);
    expect(service.lines.at(-1)).toMatchObject({ msg: 'stopped', clean: false });
  });

  it('is what a process held open after its stop is: named, and ended with exit 1', async () => {
    service = await spawnService({}, 'setInterval(() => {}, 60_000)');
    await service.ready();
    service.child.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.lines.at(-1)).toMatchObject({ level: 60, resources: expect.arrayContaining(['Timeout']) });
  });
});
