import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startExchanges } from '../../fixtures/exchanges/start-exchanges.ts';
import {
  ADMIN,
  bodyOf,
  freePort,
  readStream,
  spawnService,
  statusOf,
  until,
  type ServiceProcess,
} from './subjects.ts';

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

/** An answer that was read to its end, on a connection of the agent. */
async function get(agent: Agent, path: string): Promise<IncomingMessage> {
  const [answer] = (await once(request(`${service.url}${path}`, { agent }).end(), 'response')) as [
    IncomingMessage,
  ];
  await once(answer.resume(), 'end');
  return answer;
}

async function login(): Promise<string> {
  const answer = await fetch(`${service.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ADMIN),
  });
  return `Bearer ${(await bodyOf<{ token: string }>(answer)).token}`;
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
    expect(messages().slice(-11)).toEqual(['draining', ...Array(9).fill('subsystem stopped'), 'stopped']);
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

  it('with 50 open streams, idle kept-alive connections and requests coming in: none is lost, out in 1.5 s', async () => {
    service = await spawnService();
    await service.ready();
    const token = await login();
    const streams = await Promise.all(Array.from({ length: 50 }, () => readStream(service.url, token)));
    expect(streams.map(({ status }) => status)).toEqual(Array(50).fill(200));
    const idle = new Agent({ keepAlive: true });
    await Promise.all(Array.from({ length: 20 }, () => get(idle, '/api/health/ping')));
    const busy = new Agent({ keepAlive: true, maxSockets: 8 });
    const statuses: (number | undefined)[] = [];
    // Each asks as fast as it is answered, and goes elsewhere when it is told to: none may be left without an answer.
    const clients = Array.from({ length: 8 }, async () => {
      let isToLeave = false;
      while (!isToLeave) {
        const answer = await get(busy, '/api/system/status');
        statuses.push(answer.statusCode);
        isToLeave = answer.headers.connection === 'close';
      }
    });
    await until('requests are answered', () => statuses.length > 100);
    const begunAt = performance.now();
    service.child.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - begunAt).toBeLessThan(1_500);
    await Promise.all([...clients, ...streams.map(({ closed }) => closed)]);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(streams.map(({ events }) => events.at(-1)?.type)).toEqual(Array(50).fill('end'));
    expect(troubles()).toEqual([]);
    idle.destroy();
    busy.destroy();
  });

  it('with streams whose readers have stopped reading: out in 1.5 s all the same', async () => {
    service = await spawnService({ EVENT_HEARTBEAT_MS: '50' });
    await service.ready();
    const token = await login();
    const sockets = Array.from({ length: 10 }, () =>
      connect(Number(new URL(service.url).port), '127.0.0.1').pause(),
    );
    for (const socket of sockets)
      socket.write(`GET /api/realtime/events HTTP/1.1\r\nHost: service\r\nAuthorization: ${token}\r\n\r\n`);
    await until('the streams are open', async () => {
      const status = await fetch(`${service.url}/api/system/status`);
      return (await bodyOf<{ eventStreams: { open: number } }>(status)).eventStreams.open === 10;
    });
    const begunAt = performance.now();
    service.child.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - begunAt).toBeLessThan(1_500);
    for (const socket of sockets) socket.destroy();
  });

  it.each(['SIGINT', 'SIGHUP'] as const)('or %s, as a terminal sends it: exit 0', async (signal) => {
    service = await spawnService();
    await service.ready();
    service.child.kill(signal);
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.lines.find(({ msg }) => msg === 'draining')).toMatchObject({ reason: signal });
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

describe('feature flags', () => {
  it('that are off leave their subsystems unbuilt', async () => {
    const flags = ['TRADING', 'SELF_HEALING', 'REALTIME'].map((name) => [`FEATURE_${name}`, 'off']);
    service = await spawnService(Object.fromEntries(flags));
    await service.ready();
    const started = service.lines.filter(({ msg }) => msg === 'subsystem started');
    expect(started.map(({ subsystem }) => subsystem)).toEqual([
      'database',
      'accounts',
      'events',
      'exchanges',
      'http',
    ]);
    service.child.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });
});

describe('with exchanges that fall silent', () => {
  it('the stop is as fast, whatever is in flight to them, and their state is told', async () => {
    const loopback = await startExchanges();
    try {
      service = await spawnService({
        EXCHANGES: 'luno,binance,kucoin',
        LUNO_URL: loopback.origin('luno'),
        BINANCE_URL: loopback.origin('binance'),
        KUCOIN_URL: loopback.origin('kucoin'),
        MARKET_DATA_POLL_MS: '200',
        MARKET_DATA_STALE_MS: '1500',
        SELF_HEALING_INTERVAL_MS: '200',
      });
      await service.ready();
      const states = async () => {
        const status = await fetch(`${service.url}/api/system/status`);
        return (await bodyOf<{ exchanges: { status: string }[] }>(status)).exchanges.map(
          (each) => each.status,
        );
      };
      const are = (state: string) => async () => (await states()).every((each) => each === state);
      await until('all are connected', are('connected'));
      await loopback.setMoods('silent');
      await until('all are down', async () => !(await states()).includes('connected'));
      const stream = await readStream(service.url, await login());
      await until('self-healing has tried', () => messages().includes('opening it anew'));
      const begunAt = performance.now();
      service.child.kill('SIGTERM');
      expect(await service.exited).toEqual({ code: 0, signal: null });
      expect(performance.now() - begunAt).toBeLessThan(1_500);
      await stream.closed;
      expect(stream.events.at(-1)?.type).toBe('end');
    } finally {
      await loopback.stop();
    }
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

describe('a database that fails for good', () => {
  it('is opened anew once, then given up: everything is stopped, exit 1, for a supervisor to start it again', async () => {
    service = await spawnService(
      { SELF_HEALING_INTERVAL_MS: '50' },
      `const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
       const fail = () => { throw new Error('disk I/O error'); };
       process.on('SIGUSR2', () => Object.assign(DatabaseSync.prototype, { exec: fail, prepare: fail }));`,
    );
    await service.ready();
    service.child.kill('SIGUSR2');
    expect(await service.exited).toEqual({ code: 1, signal: null });
    const told = messages().filter((msg) => /anew|giving up|beyond repair/.test(msg));
    expect(told).toEqual([
      'opening it anew',
      'it could not be opened anew',
      'giving up; somebody must look at it',
      'the database is beyond repair',
    ]);
    expect(service.lines.find(({ msg }) => msg === 'draining')).toMatchObject({
      reason: 'the database is beyond repair',
    });
    expect(service.lines.at(-1)).toMatchObject({ msg: 'stopped', clean: false });
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
