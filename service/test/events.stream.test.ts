import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ADMIN, OTHER, readableLog, readStream, scratchFolder, startApp, until, USER } from './subjects.ts';
import type { AppSubject, StreamReader } from './subjects.ts';

let app: AppSubject;
let folder: string | undefined;
const readable = readableLog();
afterEach(async () => {
  await app.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  folder = undefined;
});

const start = (options: Partial<Parameters<typeof startApp>[0]> = {}) =>
  startApp({ log: readable.log, ...options });
const record = (n: number, userId: number | null = null) => app.events.record('bot.changed', { n }, userId);
const told = ({ events }: StreamReader) => events.filter(({ type }) => type !== undefined);
const numbers = (reader: StreamReader) => told(reader).map(({ data }) => (data as { n: number }).n);

describe('an event stream', () => {
  it('tells each user his own and public events, an admin all, and no event of an undone transaction', async () => {
    app = await start();
    const [mine, others, all] = (await Promise.all(
      [USER, OTHER, ADMIN].map(async (identity) => readStream(app.url, await app.bearer(identity))),
    )) as [StreamReader, StreamReader, StreamReader];
    expect(() =>
      app.database.transaction(() => {
        record(0);
        throw new Error('undone');
      }),
    ).toThrow('undone');
    record(1, 2);
    app.database.transaction(() => {
      record(2, 3);
      record(3);
    });
    await until('all have heard the public event', () =>
      [mine, others, all].every((reader) => numbers(reader).includes(3)),
    );
    expect([mine, others, all].map(numbers)).toEqual([
      [1, 3],
      [2, 3],
      [1, 2, 3],
    ]);
    expect(mine.events[0]).toMatchObject({ id: '0', comment: true, type: undefined });
  });

  it('goes on after the last event id, by header and by query, also after a restart', async () => {
    folder = await scratchFolder();
    const path = join(folder, 'db.sqlite');
    app = await start({ path });
    const before = await readStream(app.url, await app.bearer(USER));
    record(1);
    await until('it is heard', () => numbers(before).length === 1);
    record(2, 3);
    record(3, 2);
    await app.stop();
    await before.closed;
    const lastId = String(told(before).findLast(({ id }) => id !== undefined)?.id);
    app = await start({ path });
    record(4);
    const token = await app.bearer(USER);
    const after = await readStream(app.url, token, { lastEventId: lastId });
    const byQuery = await readStream(app.url, token, { query: '?lastEventId=1' });
    await until('both have caught up', () => numbers(after).includes(4) && numbers(byQuery).includes(4));
    expect(numbers(after)).toEqual(lastId === '3' ? [4] : [3, 4]);
    expect(numbers(byQuery)).toEqual([3, 4]);
    record(5);
    await until('both go on live', () => numbers(after).includes(5) && numbers(byQuery).includes(5));
  });

  it.each(['4711', '-1', 'abc', '1.5'])(
    'begins with a reset for the id %s, which is not ours',
    async (lastEventId) => {
      app = await start();
      record(1);
      const reader = await readStream(app.url, await app.bearer(USER), { lastEventId });
      record(2);
      await until('the next event is heard', () => told(reader).length === 2);
      expect(told(reader)).toMatchObject([
        { id: '1', type: 'reset', data: { reason: expect.any(String) } },
        { id: '2', type: 'bot.changed', data: { n: 2 } },
      ]);
    },
  );

  it('begins with a reset when the events since are no longer kept, and the outbox stays bounded', async () => {
    app = await start();
    app.database.transaction(() => {
      for (let n = 1; n <= 10_005; n += 1) record(n);
    });
    expect(app.events.range()).toEqual({ oldestId: 6, newestId: 10_005 });
    const token = await app.bearer(USER);
    const lost = await readStream(app.url, token, { lastEventId: 4 });
    await until('it is told', () => told(lost).length === 1);
    expect(told(lost)).toMatchObject([{ id: '10005', type: 'reset' }]);
    const long = await readStream(app.url, token, { lastEventId: 5 });
    await until('everything is read', () => numbers(long).length === 10_000);
    expect(numbers(long)).toEqual(Array.from({ length: 10_000 }, (_, index) => index + 6));
  });

  it('beats, so that a broken connection is noticed', async () => {
    app = await start({ heartbeatMs: 50 });
    const reader = await readStream(app.url, await app.bearer(USER));
    record(1, 3);
    await until('three beats are heard', () => reader.events.filter(({ id }) => id === '1').length >= 3);
    // An event of somebody else moves the id on, and nothing is told of it.
    expect(told(reader)).toEqual([]);
  });

  it('leaves nothing behind when the client goes away', async () => {
    app = await start();
    const token = await app.bearer(USER);
    const readers = await Promise.all(Array.from({ length: 20 }, () => readStream(app.url, token)));
    expect(app.events.watcherCount).toBe(20);
    for (const reader of readers) reader.leave();
    await until('nobody is watched for', () => app.events.watcherCount === 0);
    record(1);
  });

  it('leaves nothing behind when the client goes away before it is answered', async () => {
    app = await start();
    const token = await app.bearer(USER);
    const request = `GET /api/realtime/events HTTP/1.1\r\nHost: service\r\nAuthorization: ${token}\r\n\r\n`;
    for (let client = 0; client < 100; client += 1) {
      const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
      await once(socket, 'connect');
      socket.write(request, () => (client % 2 === 0 ? socket.destroy() : socket.resetAndDestroy()));
    }
    expect((await app.call('GET', '/api/health/ping')).status).toBe(200);
    await until('nobody is watched for', () => app.events.watcherCount === 0);
  });

  it('is answered 500 when the outbox cannot be read, and not left hanging', async () => {
    app = await start();
    const token = await app.bearer(USER);
    app.database.connection.exec('ALTER TABLE events RENAME TO gone');
    expect((await app.call('GET', '/api/realtime/events', token)).status).toBe(500);
    app.database.connection.exec('ALTER TABLE gone RENAME TO events');
    expect(app.events.watcherCount).toBe(0);
  });

  it('is refused beyond the most there may be', async () => {
    app = await start({ maxEventStreams: 2 });
    const token = await app.bearer(USER);
    const readers = [await readStream(app.url, token), await readStream(app.url, token)];
    const third = await app.call('GET', '/api/realtime/events', token);
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '5']);
    readers[0]?.leave();
    await until('a place is free', () => app.events.watcherCount === 1);
    expect((await readStream(app.url, token)).status).toBe(200);
  });

  it('is answered while draining, and ended at once: a browser that is refused never asks again', async () => {
    app = await start();
    const token = await app.bearer(USER);
    app.lifecycle.phase = 'draining';
    const reader = await readStream(app.url, token);
    await reader.closed;
    expect(reader.status).toBe(200);
    expect(told(reader)).toMatchObject([
      { type: 'end', data: { reason: expect.stringMatching(/connect again/) } },
    ]);
    expect(app.events.watcherCount).toBe(0);
  });

  it('takes no token from the address', async () => {
    app = await start();
    const token = (await app.bearer(USER)).slice('Bearer '.length);
    expect((await app.call('GET', `/api/realtime/events?token=${token}`)).status).toBe(401);
  });

  it('ends with last words when the service drains', async () => {
    app = await start();
    const reader = await readStream(app.url, await app.bearer(USER));
    await app.events.drain();
    await reader.closed;
    expect(reader.events.at(-1)).toMatchObject({
      type: 'end',
      data: { reason: expect.stringMatching(/connect again/) },
    });
    expect(app.events.watcherCount).toBe(0);
  });

  it('ends when the rights of its user change, so that it begins anew with the new ones', async () => {
    app = await start();
    const [promoted, other] = [
      await readStream(app.url, await app.bearer(USER)),
      await readStream(app.url, await app.bearer(OTHER)),
    ];
    const admin = await app.bearer(ADMIN);
    expect((await app.call('PATCH', '/api/admin/users/2', admin, { role: 'admin' })).status).toBe(200);
    await promoted.closed;
    expect(promoted.events.at(-1)).toMatchObject({
      type: 'end',
      data: { reason: expect.stringMatching(/rights/) },
    });
    const again = await readStream(app.url, await app.bearer(USER));
    record(1, 3);
    await until('both see it', () => numbers(again).length === 1 && numbers(other).length === 1);
  });

  it('ends when its token does', async () => {
    app = await start({ heartbeatMs: 50 });
    const reader = await readStream(app.url, await app.bearer(USER));
    const inTwoHours = Date.now() + 7_200_000;
    const { now } = Date;
    Date.now = () => inTwoHours;
    try {
      await reader.closed;
    } finally {
      Date.now = now;
    }
    expect(reader.events.at(-1)).toMatchObject({
      type: 'end',
      data: { reason: expect.stringMatching(/expired/) },
    });
  });

  it('cuts off a reader that takes nothing, buffers little for it, and serves the others', async () => {
    app = await start({ heartbeatMs: 100 });
    const token = await app.bearer(USER);
    const { port } = new URL(app.url);
    const lazy = connect(Number(port), '127.0.0.1').pause();
    lazy.write(`GET /api/realtime/events HTTP/1.1\r\nHost: service\r\nAuthorization: ${token}\r\n\r\n`);
    const quick = await readStream(app.url, token);
    await until('both are open', () => app.events.watcherCount === 2);
    const filler = 'x'.repeat(10_000);
    const heapBefore = process.memoryUsage().rss;
    const rounds = 40;
    for (let round = 0; round < rounds && app.events.watcherCount === 2; round += 1) {
      app.database.transaction(() => {
        for (let n = 0; n < 50; n += 1) app.events.record('bot.changed', { n, filler }, null);
      });
      await until('the quick one has it all', () => numbers(quick).length === (round + 1) * 50);
    }
    await until('the lazy one is cut off', () => app.events.watcherCount === 1);
    expect(readable.lines.some(({ msg }) => msg.startsWith('a reader takes no events'))).toBe(true);
    expect(process.memoryUsage().rss - heapBefore).toBeLessThan(200 * 1024 * 1024);
    lazy.destroy();
    record(7);
    await until('the quick one goes on', () => numbers(quick).at(-1) === 7);
  });
});
