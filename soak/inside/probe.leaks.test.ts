/** Every seeded leak: what the probe says of it when the service says that it is done, and that its twin is clean. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { deadlineIn } from '../../harness/deadline.ts';
import type { InsideLook, OpenThing } from '../../harness/observations/inside.ts';
import { createProcessSupervisor } from '../../harness/supervisors/process.ts';
import { REPOSITORY, createTestContext } from '../test-context.ts';
import { openProbe } from './probe.ts';
import type { ProbeMode } from './probe.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of cleanups.splice(0).toReversed()) await each();
});

/** Its last look at itself. */
async function endOf(leak: string, mode: ProbeMode, ...how: string[]): Promise<InsideLook> {
  const context = createTestContext({
    service: {
      command: ['node', 'fixtures/services/leaks/service.js', leak, ...how],
      env: { PORT: '{port}' },
      readiness: { log: 'listening' },
    },
  });
  cleanups.push(() => context.remove());
  const { service } = context.config;
  if (service === undefined) throw new Error('no service');
  const supervisor = createProcessSupervisor(context, service);
  cleanups.push(() => supervisor.dispose());
  const probe = await openProbe({ projectRoot: REPOSITORY, mode });
  cleanups.push(() => probe.close());
  const instance = await supervisor.start({ preload: probe.preload });
  const readiness = await instance.ready(deadlineIn(10_000, 'ready'));
  expect(readiness, JSON.stringify(readiness)).toMatchObject({ kind: 'ready' });
  await instance.signal('SIGTERM');
  expect(await instance.exited(deadlineIn(5_000, 'exit'))).toMatchObject({
    kind: 'exited',
    exit: { code: 0 },
  });
  const look = probe.lastLook();
  if (!look.readable) throw new Error(look.reason);
  expect(probe.heard().blind).toEqual([]);
  return look.value;
}

const lineOf = (leak: string, mark: string): number =>
  readFileSync(join(REPOSITORY, `fixtures/services/leaks/${leak}.js`), 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(mark)) + 1;
const own = (leak: string, { open }: InsideLook): OpenThing[] =>
  open.filter(({ at }) => at?.file === `fixtures/services/leaks/${leak}.js`);

interface Row {
  noun: string;
  /** What stands on the line that opened it. */
  mark: string;
  holds: boolean;
  /** Of a pool, whose connections come and go. */
  pooled?: true;
  /** The mode that it takes. */
  mode?: ProbeMode;
}

const TABLE: Record<string, Row> = {
  interval: { noun: 'interval', mark: 'setInterval', holds: true },
  'unref-interval': { noun: 'interval', mark: 'setInterval', holds: false },
  'long-timeout': { noun: 'one-shot timer', mark: 'setTimeout', holds: true },
  'self-arming': { noun: 'self-arming timeout', mark: 'setTimeout', holds: true, mode: 'stacks' },
  'tcp-server': { noun: 'tcp server', mark: 'listen', holds: true },
  'tcp-client': { noun: 'tcp connection', mark: '= connect(', holds: true },
  udp: { noun: 'udp socket', mark: 'bind', holds: true },
  watcher: { noun: 'file watcher', mark: '=> watch(', holds: true },
  'polling-watcher': { noun: 'polling file watcher', mark: 'watchFile(file, ', holds: true },
  'agent-socket': { noun: 'http agent', mark: 'get({', holds: false, pooled: true },
  'undici-agent': { noun: 'undici dispatcher', mark: '= await request(', holds: false, pooled: true },
  'fetch-unanswered': { noun: 'request by fetch', mark: '= fetch(', holds: true },
  'fetch-unread': { noun: 'request by fetch', mark: 'await fetch(', holds: true },
  child: { noun: 'child process', mark: "spawn('", holds: true },
  worker: { noun: 'worker thread', mark: 'new Worker', holds: true },
  'message-port': { noun: 'message channel', mark: 'new MessageChannel', holds: true },
  'broadcast-channel': { noun: 'broadcast channel', mark: 'new Broadcast', holds: true },
  descriptor: { noun: 'file', mark: '=> openSync', holds: false },
  'file-handle': { noun: 'file', mark: '=> openFile', holds: false },
  'promise-interval': { noun: 'interval iterator', mark: 'for await', holds: true, mode: 'stacks' },
};

describe('a seeded leak is named with the line that opened it, and its twin leaves nothing', () => {
  it.each(Object.entries(TABLE))(
    '%s',
    async (leak, { noun, mark, holds, pooled = false, mode = 'light' }) => {
      const [leaking, released] = await Promise.all([endOf(leak, mode), endOf(leak, mode, 'released')]);
      const found = own(leak, leaking).filter((each) => each.at?.line === lineOf(leak, mark));
      const seen = found.map((each) => ({ noun: each.noun, holds: each.holds, pooled: each.pooled }));
      expect(seen).toContainEqual({ noun, holds, pooled });
      expect(leaking.moment).toBe('exit-called');
      expect(leaking.exitBy?.file).toBe('fixtures/services/leaks/service.js');
      expect(own(leak, released).filter((each) => each.at?.line === lineOf(leak, mark))).toEqual([]);
    },
  );
});
