/** What the service tells systemd, and when: through the real systemd-notify, and through one that notes its calls. */
import { readlink } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { keepListener } from './kept-listener.ts';
import {
  openNotifySocket,
  placeNotifyProgram,
  realNotifyIsMissing,
  type NotifyProgram,
  type NotifySocket,
} from './notify-socket.ts';
import { freePort, scratchFolder, spawnService, statusOf, until, type ServiceProcess } from './subjects.ts';

let service: ServiceProcess | undefined;
let other: NotifySocket | NotifyProgram | undefined;
afterEach(async () => {
  await service?.kill();
  await other?.dispose();
  service = other = undefined;
});

const troubles = () =>
  (service?.lines ?? []).filter(({ level, msg }) => level >= 40 && !msg.startsWith('JWT_SECRET'));

async function listen(): Promise<NotifySocket> {
  const socket = await openNotifySocket();
  other = socket;
  return socket;
}

async function place(exitCode?: number): Promise<NotifyProgram> {
  const program = await placeNotifyProgram(exitCode);
  other = program;
  return program;
}

describe.skipIf(realNotifyIsMissing)(
  'systemd (skipped where systemd-notify or perl is not installed)',
  () => {
    it('is told that it starts, is ready, and stops, in this order and with words', async () => {
      const socket = await listen();
      service = await spawnService(socket.env);
      await until('it is told', () => socket.heard.length === 2);
      expect(await statusOf(`${service.url}/api/health/ready`)).toBe(200);
      service.child.kill('SIGTERM');
      expect(await service.exited).toEqual({ code: 0, signal: null });
      expect(socket.heard.map(({ lines }) => lines)).toEqual([
        ['STATUS=Starting'],
        ['READY=1', `STATUS=Ready: ${service.url}`],
        ['STOPPING=1', 'STATUS=Draining: SIGTERM'],
      ]);
      expect(troubles()).toEqual([]);
    });

    it('is told that it stops before it drains, and why', async () => {
      const socket = await listen();
      service = await spawnService(
        { ...socket.env, DRAIN_GRACE_MS: '1500' },
        `process.on('SIGUSR2', () => { throw new Error('planted') })`,
      );
      await service.ready();
      service.child.kill('SIGUSR2');
      await until('it is told', () => socket.heard.at(-1)?.lines[0] === 'STOPPING=1');
      expect(service.child.exitCode).toBe(null);
      expect(socket.heard.at(-1)?.lines).toEqual(['STOPPING=1', 'STATUS=Draining: uncaught exception']);
      expect(await service.exited).toEqual({ code: 1, signal: null });
    });

    it('is not told that it is ready when it is not: the port is taken', async () => {
      const [first, socket] = [await spawnService(), await listen()];
      try {
        await first.ready();
        service = await spawnService({ ...socket.env, PORT: new URL(first.url).port });
        expect(await service.exited).toEqual({ code: 1, signal: null });
        expect(socket.heard.map(({ lines }) => lines)).toEqual([
          ['STATUS=Starting'],
          ['STOPPING=1', 'STATUS=Draining: subsystem http did not start'],
        ]);
      } finally {
        await first.kill();
      }
    });

    it('hears from the watchdog at half its time, and no more once the event loop stands still', async () => {
      const socket = await listen();
      const beats = () => socket.heard.filter(({ lines }) => lines[0] === 'WATCHDOG=1');
      service = await spawnService(
        { ...socket.env, WATCHDOG_USEC: '600000' },
        `process.on('SIGUSR2', () => { for (;;); })`,
      );
      await until('it beats', () => beats().length >= 6);
      const [first, last] = [beats()[0]?.atMs ?? 0, beats().at(-1)?.atMs ?? 0];
      expect((last - first) / (beats().length - 1)).toBeGreaterThan(250);
      expect((last - first) / (beats().length - 1)).toBeLessThan(500);
      expect(socket.heard.findIndex(({ lines }) => lines[0] === 'READY=1')).toBeLessThan(
        socket.heard.findIndex(({ lines }) => lines[0] === 'WATCHDOG=1'),
      );
      service.child.kill('SIGUSR2');
      // One may be on its way.
      const blockedAt = performance.now();
      await until('three beats are due', () => performance.now() - blockedAt > 900);
      expect(beats().filter(({ atMs }) => atMs > blockedAt + 250)).toEqual([]);
    });

    it('feeds no watchdog that watches another process', async () => {
      const socket = await listen();
      service = await spawnService({ ...socket.env, WATCHDOG_USEC: '100000', WATCHDOG_PID: '1' });
      await service.ready();
      const readyAt = performance.now();
      await until('six beats would be due', () => performance.now() - readyAt > 300);
      expect(socket.heard.filter(({ lines }) => lines[0] === 'WATCHDOG=1')).toEqual([]);
    });
  },
);

describe('the program that tells it', () => {
  it('finds nothing that was for the service, but where to tell; and holds no listening socket', async () => {
    const program = await place();
    const listener = await keepListener();
    service = await listener.spawn({
      ...program.env,
      WATCHDOG_USEC: '200000',
      WATCHDOG_PID: '',
      LISTEN_FDNAMES: 'http',
    });
    await until('it is told', async () =>
      (await program.calls()).some(({ args }) => args[0] === 'WATCHDOG=1'),
    );
    const listening = await readlink(`/proc/${service.child.pid}/fd/3`);
    expect(listening).toMatch(/^socket:/);
    const calls = await program.calls();
    expect(calls[0]?.args).toEqual(['STATUS=Starting']);
    for (const { env, descriptors } of calls) {
      const names = env.map((line) => line.split('=')[0]);
      expect(names).toContain('NOTIFY_SOCKET');
      expect(names.filter((name) => /^(LISTEN_|WATCHDOG_|JWT|ADMIN|USER_)/.test(name ?? ''))).toEqual([]);
      expect(descriptors).not.toContain(listening);
    }
  });

  it('is not called when nobody asks to be told', async () => {
    const program = await place();
    service = await spawnService({ PATH: program.env['PATH'] ?? '', WATCHDOG_USEC: '100000' });
    await service.ready();
    service.child.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(await program.calls()).toEqual([]);
    expect(service.lines.some(({ subsystem }) => subsystem === 'systemd')).toBe(false);
  });

  it('is missing: one clear line, and the service goes on', async () => {
    const folder = await scratchFolder();
    service = await spawnService({ NOTIFY_SOCKET: '/nobody', PATH: folder, WATCHDOG_USEC: '100000' });
    await service.ready();
    const readyAt = performance.now();
    await until('it beats', () => performance.now() - readyAt > 300);
    service.child.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(troubles()).toMatchObject([
      {
        level: 50,
        subsystem: 'systemd',
        msg: expect.stringMatching(/there is no systemd-notify on the PATH; install/),
      },
    ]);
  });

  it('fails: one clear line, and the service goes on', async () => {
    const program = await place(1);
    service = await spawnService({ ...program.env, PORT: String(await freePort()) });
    await service.ready();
    service.child.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(await program.calls()).toHaveLength(3);
    expect(troubles()).toMatchObject([{ level: 50, msg: expect.stringMatching(/NotifyAccess=all/) }]);
  });
});
