import { afterEach, describe, expect, it } from 'vitest';
import { ADMIN, bodyOf, readableLog, startApp, type AppSubject } from './subjects.ts';

let app: AppSubject;
afterEach(() => app.stop());

const BOT = {
  name: 'x',
  exchange: 'binance',
  symbol: 'BTC/USDT',
  strategy: 'momentum',
  startingBalance: '1',
};
const TRADING_ROUTES: [method: string, path: string, body?: object][] = [
  ['GET', '/api/bots'],
  ['POST', '/api/bots', BOT],
  ['GET', '/api/bots/1'],
  ['PATCH', '/api/bots/1', { status: 'paused' }],
  ['GET', '/api/bots/1/orders'],
  ['POST', '/api/bots/1/orders', { side: 'buy', type: 'market', quantity: '1' }],
  ['DELETE', '/api/bots/1/orders/1'],
  ['GET', '/api/bots/1/ledger'],
  ['GET', '/api/orders'],
  ['GET', '/api/positions'],
  ['GET', '/api/admin/bots'],
  ['POST', '/api/admin/emergency-stop'],
  ['DELETE', '/api/admin/emergency-stop'],
];

interface Status {
  features: { name: string; isOn: boolean; setting: string }[];
}

describe('a feature that is off', () => {
  it('leaves its routes in the document; they answer 503 with what to do, and 401 before that', async () => {
    app = await startApp({
      log: readableLog().log,
      features: { trading: false, autopilot: false, bodyguard: false },
    });
    const admin = await app.bearer(ADMIN);
    const { paths } = await bodyOf<{ paths: object }>(await app.call('GET', '/openapi.json'));
    for (const [method, path, body] of TRADING_ROUTES) {
      expect((await app.call(method, path, undefined, body)).status, path).toBe(401);
      const answer = await app.call(method, path, admin, body);
      expect(await answer.json(), path).toEqual({
        statusCode: 503,
        error: 'Service Unavailable',
        message: expect.stringMatching(/^trading is switched off; set FEATURE_TRADING=on/),
      });
      expect(Object.keys(paths)).toContain(path.replace('/1', '/{botId}').replace('/1', '/{orderId}'));
    }
    expect((await app.call('GET', '/api/markets/binance', admin)).status).toBe(200);
    const status = await bodyOf<Status>(await app.call('GET', '/api/system/status'));
    expect(status.features.filter(({ isOn }) => !isOn).map(({ name }) => name)).toEqual([
      'trading',
      'bodyguard',
      'autopilot',
    ]);
  });

  it('realtime: no stream is opened', async () => {
    app = await startApp({ log: readableLog().log, features: { realtime: false } });
    const answer = await app.call('GET', '/api/realtime/events', await app.bearer(ADMIN));
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ message: expect.stringMatching(/FEATURE_REALTIME=on/) });
    expect(app.events.watcherCount).toBe(0);
  });
});

describe('/api/system/status', () => {
  it('tells of the parts, to everybody, and nothing secret', async () => {
    app = await startApp({ log: readableLog().log });
    const answer = await app.call('GET', '/api/system/status');
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      phase: 'ready',
      features: ['TRADING', 'BODYGUARD', 'AUTOPILOT', 'SELF_HEALING', 'REALTIME'].map((name) => ({
        name: expect.any(String),
        isOn: true,
        setting: `FEATURE_${name}`,
      })),
      exchanges: [],
      autopilot: { isScheduled: false },
      eventStreams: { open: 0, max: 100 },
      selfHealing: [],
      eventLoopDelay: null,
    });
    expect(text).not.toContain('secret');
  });
});
