/** The service on a socket that it was passed, and that is kept while it is restarted. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { keepListener, openLoop, type KeptListener } from './kept-listener.ts';
import {
  ADMIN,
  bodyOf,
  freePort,
  MAIN,
  readStream,
  scratchFolder,
  spawnService,
  statusOf,
  until,
  type ServiceProcess,
} from './subjects.ts';

const services: ServiceProcess[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.kill();
});

async function start(listener: KeptListener, env: Record<string, string> = {}): Promise<ServiceProcess> {
  const service = await listener.spawn(env);
  services.push(service);
  await until('it says that it is ready', () => {
    if (service.child.exitCode !== null) throw new Error(`it exited: ${service.stderr()}`);
    return service.lines.some(({ msg }) => msg === 'ready');
  });
  return service;
}

const troubles = ({ lines }: ServiceProcess) =>
  lines.filter(({ level, msg }) => level >= 40 && !msg.startsWith('JWT_SECRET'));

/** Sends what it is given, as it is, and keeps what comes back. */
async function connectTo(port: number, text = ''): Promise<{ socket: Socket; answer: () => string }> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let answer = '';
  socket.on('data', (chunk: string) => (answer += chunk));
  await once(socket, 'connect');
  socket.write(text);
  return { socket, answer: () => answer };
}

const PING = 'GET /api/health/ping HTTP/1.1\r\nHost: service\r\n\r\n';

async function startDraining(service: ServiceProcess): Promise<void> {
  service.child.kill('SIGTERM');
  await until('it drains', () => service.lines.some(({ msg }) => msg === 'draining'));
}

/** How many may wait to be accepted, as the kernel has it. */
function backlogOf(port: number): number {
  const { stdout } = spawnSync(
    'ss',
    ['--listening', '--tcp', '--numeric', '--no-header', `sport = :${port}`],
    {
      encoding: 'utf8',
    },
  );
  return Number(stdout.trim().split(/\s+/)[2]);
}

describe('a listening socket that was passed', () => {
  it('is listened on instead of HOST and PORT, with a queue as long as that of systemd', async () => {
    const listener = await keepListener();
    const other = await freePort();
    const service = await start(listener, { PORT: String(other), HOST: '192.0.2.1' });
    expect(await statusOf(`${listener.url}/api/health/ready`)).toBe(200);
    expect(service.lines.find(({ msg }) => msg === 'ready')).toMatchObject({ address: listener.url });
    expect(backlogOf(listener.port)).toBe(4_096);
  });

  it.skipIf(spawnSync('systemd-socket-activate', ['--version']).error !== undefined)(
    'comes from systemd-socket-activate as well, with the connection that woke it (skipped where that is not installed)',
    async () => {
      const port = await freePort();
      const cwd = await scratchFolder();
      const env = ['EXCHANGES=none', `PATH=${process.env['PATH']}`].flatMap((each) => ['--setenv', each]);
      const child = spawn(
        'systemd-socket-activate',
        ['--listen', `127.0.0.1:${port}`, ...env, process.execPath, MAIN],
        { cwd, stdio: ['ignore', 'ignore', 'ignore'] },
      );
      const exited = once(child, 'exit');
      await until(
        'it is answered',
        async () => (await statusOf(`http://127.0.0.1:${port}/api/health/ready`)) === 200,
      );
      child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
    },
  );

  it('for another process is refused with what to do, exit 2', async () => {
    const listener = await keepListener();
    const service = await listener.spawn({ LISTEN_PID: '4711' });
    services.push(service);
    expect(await service.exited).toEqual({ code: 2, signal: null });
    expect(service.stderr()).toMatch(
      /^LISTEN_PID is "4711" .* this process is \d+ .*; let systemd start node itself/,
    );
    expect(service.lines).toEqual([]);
  });

  it('that is no socket is refused with what to do, exit 1', async () => {
    const service = await spawnService({}, undefined, openSync(MAIN, 'r'));
    services.push(service);
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(troubles(service)).toMatchObject([
      {
        err: {
          message: expect.stringMatching(/descriptor 3, which LISTEN_FDS says was passed: .*ListenStream=/),
        },
      },
    ]);
  });
});

describe('a drain with a kept listener', () => {
  it('of a service without connections is over at once', async () => {
    const service = await start(await keepListener(), { DRAIN_GRACE_MS: '2000' });
    service.child.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.lines.at(-1)).toMatchObject({ msg: 'stopped', clean: true });
    expect(service.lines.at(-1)?.['stoppedInMs']).toBeLessThan(500);
  });

  it('leaves those who connect meanwhile to the next process, and nobody is refused', async () => {
    const listener = await keepListener();
    const first = await start(listener, { DRAIN_GRACE_MS: '1000' });
    const holder = await connectTo(listener.port);
    await startDraining(first);
    const waiting = await connectTo(listener.port, PING);
    expect(await first.exited).toEqual({ code: 0, signal: null });
    expect(waiting.answer()).toBe('');
    // The silent one was given the grace, and no more.
    expect(first.lines.at(-1)?.['stoppedInMs']).toBeGreaterThan(950);
    expect(first.lines.at(-1)?.['stoppedInMs']).toBeLessThan(1_700);
    await start(listener);
    await until('the next process answers', () => waiting.answer().startsWith('HTTP/1.1 200 OK'));
    holder.socket.destroy();
    waiting.socket.destroy();
  });

  it('says on every answer that the connection ends, and answers none with 503', async () => {
    const listener = await keepListener();
    const service = await start(listener, { DRAIN_GRACE_MS: '2000' });
    const paths = ['/api/health/ping', '/no/such/path', '/%zz', '/api/bots'];
    const clients = await Promise.all(paths.map(() => connectTo(listener.port, PING)));
    await until('all are kept', () => clients.every(({ answer }) => answer().includes('{"status":"ok"}')));
    expect(clients.map(({ answer }) => /connection: (.*)\r/i.exec(answer())?.[1])).toEqual(
      Array(4).fill('keep-alive'),
    );
    await startDraining(service);
    for (const [index, { socket }] of clients.entries())
      socket.write(`GET ${paths[index]} HTTP/1.1\r\nHost: service\r\n\r\n`);
    await Promise.all(clients.map(({ socket }) => once(socket, 'close')));
    const last = clients.map(({ answer }) => answer().slice(answer().lastIndexOf('HTTP/1.1')));
    expect(last.map((text) => text.slice(9, 12))).toEqual(['200', '404', '400', '401']);
    for (const text of last) expect(text).toMatch(/\r\nconnection: close\r\n/i);
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it('keeps idle and silent connections for the grace: a request that comes on them is answered', async () => {
    const listener = await keepListener();
    const service = await start(listener, { DRAIN_GRACE_MS: '1000' });
    const [idle, silent, leaving] = [
      await connectTo(listener.port, PING),
      await connectTo(listener.port),
      await connectTo(listener.port, PING),
    ];
    await until('they are idle', () => [idle, leaving].every(({ answer }) => answer() !== ''));
    const begunAt = performance.now();
    await startDraining(service);
    const lateMs = 500;
    await until('some of the grace is over', () => performance.now() - begunAt > lateMs);
    for (const { socket } of [idle, silent]) socket.write(PING);
    await Promise.all([idle, silent].map(({ socket }) => once(socket, 'close')));
    expect(idle.answer().match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    expect(silent.answer()).toMatch(/^HTTP\/1\.1 200 OK/);
    // The one that sends nothing is closed after the grace, and holds nothing up.
    await once(leaving.socket, 'close');
    expect(performance.now() - begunAt).toBeGreaterThan(950);
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - begunAt).toBeLessThan(1_800);
    expect(troubles(service)).toEqual([]);
  });

  it('ends event streams at once, also one that is asked for while it drains', async () => {
    const listener = await keepListener();
    const service = await start(listener, { DRAIN_GRACE_MS: '2000' });
    const login = await fetch(`${listener.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(ADMIN),
    });
    const { token } = await bodyOf<{ token: string }>(login);
    const stream = await readStream(listener.url, `Bearer ${token}`);
    const late = await connectTo(listener.port, PING);
    await until('it is kept', () => late.answer() !== '');
    const begunAt = performance.now();
    await startDraining(service);
    late.socket.write(
      `GET /api/realtime/events HTTP/1.1\r\nHost: service\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    await Promise.all([stream.closed, once(late.socket, 'close')]);
    expect(performance.now() - begunAt).toBeLessThan(1_000);
    expect(stream.events.at(-1)?.type).toBe('end');
    // Browsers open a stream anew that was answered 200 and ended; one that was answered 503 they give up.
    expect(late.answer()).toMatch(/HTTP\/1\.1 200 OK\r\n[^]*text\/event-stream[^]*event: end\n/);
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it('answers a request of which half had come, also when the other half comes after the grace', async () => {
    const listener = await keepListener();
    const service = await start(listener);
    const half = await connectTo(listener.port, PING.slice(0, 30));
    const idle = await connectTo(listener.port, PING);
    await until('it is idle', () => idle.answer() !== '');
    await startDraining(service);
    await once(idle.socket, 'close');
    const graceOverAt = performance.now();
    await until('the server closes', () => performance.now() - graceOverAt > 200);
    half.socket.write(PING.slice(30));
    await once(half.socket, 'close');
    expect(half.answer()).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*connection: close\r\n/i);
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });

  it('answers a request under way for as long as it takes, and closes the connection that goes idle after that', async () => {
    const listener = await keepListener();
    // An answer that begins before the signal and ends long after it: it says of its connection that it is kept.
    const slow = `
      import http from 'node:http';
      const { emit } = http.Server.prototype;
      http.Server.prototype.emit = function (event, request, response) {
        if (event !== 'request' || request.url !== '/slow') return emit.apply(this, arguments);
        response.writeHead(200, { 'content-length': 4 });
        response.write('ab');
        return setTimeout(() => response.end('cd'), 900), true;
      };`;
    const service = await listener.spawn({ DRAIN_GRACE_MS: '250' }, slow);
    services.push(service);
    await service.ready();
    const client = await connectTo(listener.port, 'GET /slow HTTP/1.1\r\nHost: service\r\n\r\n');
    await until('the answer has begun', () => client.answer().endsWith('ab'));
    expect(client.answer()).toMatch(/connection: keep-alive/i);
    const begunAt = performance.now();
    await startDraining(service);
    await once(client.socket, 'close');
    expect(client.answer()).toMatch(/abcd$/);
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - begunAt).toBeLessThan(1_800);
    expect(troubles(service)).toEqual([]);
  });
});

describe('restarts under load with a kept listener', () => {
  it('lose no request: five restarts, a hundred requests a second on new connections and as many on kept ones', async () => {
    const listener = await keepListener();
    let service = await start(listener);
    const url = `${listener.url}/api/system/status`;
    const agent = new Agent({ keepAlive: true, maxSockets: 32 });
    const loops = [openLoop(url, 100, false), openLoop(url, 100, agent)];
    for (let restart = 0; restart < 5; restart += 1) {
      // Those who waited through the restart before have been answered: each restart strikes a service at work.
      const sentBefore = loops.map(({ report }) => report.sent);
      await until('both are answered as they ask', () =>
        loops.every(
          ({ report }, index) =>
            report.sent > (sentBefore[index] ?? 0) + 50 &&
            report.sent - report.answered - report.lost.length < 10,
        ),
      );
      service.child.kill('SIGTERM');
      expect(await service.exited).toEqual({ code: 0, signal: null });
      expect(troubles(service)).toEqual([]);
      service = await start(listener);
    }
    const [fresh, kept] = await Promise.all(loops.map(({ finish }) => finish()));
    agent.destroy();
    for (const [name, report] of Object.entries({ 'new connections': fresh, 'kept alive': kept })) {
      const { sent, answered, sentAgain = 0, lost, latenciesMs = [] } = report ?? { lost: ['nothing ran'] };
      const sorted = latenciesMs.toSorted((a, b) => a - b);
      const p99 = sorted[Math.floor(sorted.length * 0.99)];
      console.log(
        `${name}: ${sent} sent, ${answered} answered, ${sentAgain} of them when sent again, ${lost.length} lost; p99 ${p99?.toFixed()} ms, max ${sorted.at(-1)?.toFixed()} ms`,
      );
      expect(lost, name).toEqual([]);
    }
    // A request may cross the close of a connection that was idle for the whole grace. Those are few.
    expect(kept?.sentAgain).toBeLessThan((kept?.sent ?? 0) / 100);
    expect(fresh?.sent).toBeGreaterThan(300);
  });

  it('would be seen to lose some: a service that is killed cuts off what is under way', async () => {
    const listener = await keepListener();
    const service = await start(listener);
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    // Half of a body: the answer cannot come.
    const asked = request(`${listener.url}/api/auth/login`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', 'content-length': 100 },
    });
    asked.write('{');
    await until('it has come', async () => (await statusOf(`${listener.url}/api/health/ready`)) === 200);
    const outcome = once(asked, 'response').then(
      ([answer]: IncomingMessage[]) => answer?.statusCode,
      (error: Error & { code?: string }) => error.code,
    );
    service.child.kill('SIGKILL');
    expect(await outcome).toBe('ECONNRESET');
    agent.destroy();
  });
});
