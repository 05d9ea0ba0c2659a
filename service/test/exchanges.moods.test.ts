import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { Exchanges } from '../src/exchanges/exchanges.ts';
import type { ExchangeStatus } from '../src/exchanges/exchange.ts';
import { startExchanges, type ExchangeFixture } from './exchange-fixture.ts';
import { readableLog, until } from './subjects.ts';

const SUBJECT = fileURLToPath(new URL('./exchanges-subject.ts', import.meta.url));
const TIMES = { timeoutMs: 2_000, pollMs: 100, staleMs: 2_500 };
// Each is two processes that are busy for a while.
vi.setConfig({ maxConcurrency: 2 });
/** Two cores, and other processes on them. */
const MARGIN_MS = 12_000;

interface Answer {
  statuses: ExchangeStatus[];
  prices: number;
  stopMs: number;
  resources: string[];
}

async function ask(child: ChildProcess, command: 'status' | 'stop' | 'reopen'): Promise<Answer> {
  child.send(command);
  const [answer] = await once(child, 'message');
  return answer;
}

const statusesOf = async (child: ChildProcess) =>
  (await ask(child, 'status')).statuses.map(({ status }) => status).join(' ');

/** Waits for the statuses, and sees that they last. */
async function reaches(child: ChildProcess, expected: string): Promise<void> {
  let seen = '';
  let since = performance.now();
  await until(
    `the statuses are ${expected}, for a while`,
    async () => {
      const now = await statusesOf(child);
      if (now !== seen) since = performance.now();
      seen = now;
      return seen === expected && performance.now() - since > TIMES.pollMs * 10;
    },
    TIMES.staleMs + MARGIN_MS,
  ).catch((error: Error) => {
    throw new Error(`${error.message}; they are ${seen}`);
  });
}

async function withSubject(
  mood: string,
  work: (child: ChildProcess, fixture: ExchangeFixture) => Promise<void>,
): Promise<void> {
  const fixture = await startExchanges();
  await fixture.setMood(mood);
  const argument = JSON.stringify({ urls: fixture.urls, ...TIMES });
  const child = fork(SUBJECT, [argument], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += text));
  const exited = once(child, 'close');
  try {
    expect((await once(child, 'message'))[0]).toBe('ready');
    await work(child, fixture);
    expect(await exited).toEqual([0, null]);
    // Nothing but lines of the log, and no error among them.
    for (const line of output.trim().split('\n'))
      if (line !== '') expect(JSON.parse(line).level).toBeLessThan(50);
  } finally {
    child.kill('SIGKILL');
    await fixture.stop();
  }
}

const DOWN = 'down down down';
const CONNECTED = 'connected connected connected';

describe.concurrent('an exchange that is', () => {
  it.each([
    ['healthy', CONNECTED],
    ['slow', 'degraded degraded degraded'],
    ['silent', DOWN],
    ['resetting', DOWN],
    ['refusing', DOWN],
    ['429', DOWN],
    ['500', DOWN],
    ['malformed', DOWN],
    // Luno has no web sockets here: what each answer closes does not show.
    ['closing', 'connected degraded degraded'],
  ])(
    '%s is told so, recovers, and is closed within a second',
    async (mood, expected) => {
      await withSubject(mood, async (child, fixture) => {
        await reaches(child, expected);
        await fixture.setMood('healthy');
        await reaches(child, CONNECTED);
        await fixture.setMood(mood);
        await reaches(child, expected);
        const { stopMs, resources } = await ask(child, 'stop');
        const askedAt = performance.now();
        expect(stopMs).toBeLessThan(1_000);
        // The timers of ccxt's rate limit end by themselves within moments; sockets and the like must be gone.
        expect(resources.filter((name) => name !== 'Timeout')).toEqual([]);
        await once(child, 'exit');
        expect(performance.now() - askedAt).toBeLessThan(1_000);
      });
    },
    60_000,
  );

  it.each([
    ['just now', /no price/],
    ['so long that its web sockets are given up', /ping-pong|connection timeout/],
  ])(
    'frozen, %s, is closed within a second',
    async (_name, reason) => {
      await withSubject('healthy', async (child, fixture) => {
        await reaches(child, CONNECTED);
        fixture.freeze();
        await until(
          `a status says ${reason}`,
          async () => (await ask(child, 'status')).statuses.some((status) => reason.test(status.reason)),
          40_000,
        );
        const { stopMs, resources } = await ask(child, 'stop');
        const askedAt = performance.now();
        expect(stopMs).toBeLessThan(1_500);
        expect(resources.filter((name) => name !== 'Timeout')).toEqual([]);
        await once(child, 'exit');
        expect(performance.now() - askedAt).toBeLessThan(1_000);
      });
    },
    60_000,
  );

  it('silent is reopened as often as one likes, and still holds nothing', async () => {
    await withSubject('healthy', async (child, fixture) => {
      await reaches(child, CONNECTED);
      await fixture.setMood('silent');
      for (let again = 0; again < 5; again += 1) expect(await ask(child, 'reopen')).toBe('reopened');
      await fixture.setMood('healthy');
      await reaches(child, CONNECTED);
      const before = (await ask(child, 'status')).prices;
      await until('watchers hear of prices again', async () => (await ask(child, 'status')).prices > before);
      const { resources } = await ask(child, 'stop');
      expect(resources.filter((name) => name !== 'Timeout')).toEqual([]);
    });
  }, 60_000);
});

describe('the exchanges', () => {
  const options = (urls = {}) => {
    const { log, lines } = readableLog();
    return {
      lines,
      options: { enabled: ['luno', 'kucoin'] as const, urls, ...TIMES, events: { record() {} }, log },
    };
  };
  // Nobody listens there.
  const nowhere = { luno: 'http://127.0.0.1:9', kucoin: 'http://127.0.0.1:9' };

  it('start and stop in any order and number', async () => {
    const exchanges = new Exchanges(options(nowhere).options);
    await exchanges.stop();
    const starting = exchanges.start();
    await exchanges.stop();
    await starting;
    expect(exchanges.status().map(({ status }) => status)).toEqual(['down', 'down']);
    await Promise.all([exchanges.start(), exchanges.start()]);
    expect(exchanges.status().map(({ status }) => status)).toEqual(['connecting', 'connecting']);
    await Promise.all([exchanges.stop(), exchanges.stop()]);
    await exchanges.reopen('luno');
    expect(exchanges.status()[0]).toMatchObject({ id: 'luno', status: 'down', reason: 'closed' });
    await expect(exchanges.reopen('binance')).rejects.toThrow(
      /binance is not enabled; enabled: luno, kucoin/,
    );
  });

  it('close each by itself: one that fails is logged, and the others are closed', async () => {
    const { options: given, lines } = options(nowhere);
    const exchanges = new Exchanges(given);
    await exchanges.start();
    const { MarketFeed } = await import('../src/exchanges/market-feed.ts');
    const close = MarketFeed.prototype.close;
    let calls = 0;
    MarketFeed.prototype.close = async function (this: InstanceType<typeof MarketFeed>) {
      await close.call(this);
      calls += 1;
      if (calls === 1) throw new Error('planted');
    };
    try {
      await exchanges.stop();
    } finally {
      MarketFeed.prototype.close = close;
    }
    expect(calls).toBe(2);
    expect(lines.filter(({ level }) => level === 50)).toMatchObject([
      { exchange: 'luno', err: { message: 'planted' } },
    ]);
  });
});
