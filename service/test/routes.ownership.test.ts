import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../src/audit.ts';
import type { Bot, Order } from '../src/trading/model.ts';
import { ADMIN, bodyOf, OTHER, readableLog, startApp, USER, type AppSubject } from './subjects.ts';

const BOT = {
  name: 'first steps',
  exchange: 'binance',
  symbol: 'BTC/USDT',
  strategy: 'momentum',
  startingBalance: '10000',
};
const BUY = { side: 'buy', type: 'market', quantity: '0.01', clientOrderId: 'first' };

let app: AppSubject;
let user: string;
let other: string;
let admin: string;
let bot: Bot;

beforeAll(async () => {
  app = await startApp({ log: readableLog().log });
  [user, other, admin] = (await Promise.all(
    [USER, OTHER, ADMIN].map((identity) => app.bearer(identity)),
  )) as [string, string, string];
  const answer = await app.call('POST', '/api/bots', user, BOT);
  expect(answer.status).toBe(201);
  bot = await bodyOf<Bot>(answer);
});

afterAll(() => app.stop());

async function ask<T>(
  method: string,
  path: string,
  who: string,
  body?: object,
): Promise<{ status: number; body: T }> {
  const answer = await app.call(method, path, who, body);
  return { status: answer.status, body: await bodyOf<T>(answer) };
}

const trail = async () =>
  (await ask<{ entries: AuditEntry[] }>('GET', '/api/admin/audit', admin)).body.entries;

describe('a bot', () => {
  it('is made with a deposit, and shown as it is', async () => {
    expect(bot).toMatchObject({ ...BOT, id: 1, userId: 2, status: 'running', stage: 'candidate' });
    expect(await ask('GET', '/api/bots/1', user)).toEqual({ status: 200, body: bot });
    expect(await ask('GET', '/api/bots', user)).toEqual({ status: 200, body: { bots: [bot] } });
    expect((await ask('GET', '/api/bots/1/ledger', user)).body).toMatchObject({
      transactions: [
        {
          kind: 'deposit',
          entries: [
            { account: 'outside', amount: '-10000' },
            { account: 'wallet', amount: '10000' },
          ],
        },
      ],
    });
  });

  it.each([
    ['of the same name', BOT, 409],
    ['on an exchange that is not enabled', { ...BOT, name: 'x', exchange: 'luno' }, 400],
    ['of a symbol that is not traded', { ...BOT, name: 'x', symbol: 'NOT/THERE' }, 400],
    ['with a number for an amount', { ...BOT, name: 'x', startingBalance: 10_000 }, 400],
    ['with an unknown member', { ...BOT, name: 'x', leverage: '10' }, 400],
    ['with a blank name', { ...BOT, name: '  ' }, 400],
  ])('%s is refused with a sentence', async (_name, body, status) => {
    expect(await ask('POST', '/api/bots', user, body)).toEqual({
      status,
      body: { statusCode: status, error: expect.any(String), message: expect.stringMatching(/\w+ \w+/) },
    });
  });

  it('is paused, resumed and renamed; a taken name is refused', async () => {
    expect(await ask('PATCH', '/api/bots/1', user, { status: 'paused' })).toMatchObject({
      status: 200,
      body: { status: 'paused' },
    });
    const both = { status: 'running', name: 'second thoughts' };
    expect(await ask('PATCH', '/api/bots/1', user, both)).toMatchObject({ status: 200, body: both });
    await ask('POST', '/api/bots', user, { ...BOT, name: 'taken' });
    expect((await ask('PATCH', '/api/bots/1', user, { name: 'taken' })).status).toBe(409);
    expect((await ask('PATCH', '/api/bots/1', user, {})).status).toBe(400);
    expect((await ask('PATCH', '/api/bots/1', user, { status: 'stopped' })).status).toBe(400);
  });

  it("of somebody else's is answered as if it were not there", async () => {
    const calls: [string, string, object?][] = [
      ['GET', ''],
      ['PATCH', '', { status: 'paused' }],
      ['GET', '/orders'],
      ['POST', '/orders', BUY],
      ['DELETE', '/orders/1'],
      ['GET', '/ledger'],
    ];
    for (const [method, rest, body] of calls) {
      const theirs = await ask<{ message: string }>(method, `/api/bots/1${rest}`, other, body);
      const nobodys = await ask<{ message: string }>(method, `/api/bots/999${rest}`, other, body);
      expect([theirs.status, nobodys.status], method + rest).toEqual([404, 404]);
      expect(theirs.body.message).toBe(nobodys.body.message.replace('999', '1'));
    }
    for (const list of ['bots', 'orders', 'positions'])
      expect((await ask('GET', `/api/${list}`, other)).body).toEqual({ [list]: [] });
  });

  it.each(['abc', '-1', '1.5', '0', '99999999999999999999'])(
    'with the id %s is a bad request',
    async (id) => {
      expect((await ask('GET', `/api/bots/${id}`, user)).status).toBe(400);
    },
  );
});

describe('an order', () => {
  it('is filled, booked, and the same one when it is sent again', async () => {
    const first = await ask<Order>('POST', '/api/bots/1/orders', user, BUY);
    expect(first).toMatchObject({
      status: 201,
      body: { status: 'filled', placedBy: 'user', price: '50001' },
    });
    expect(await ask('POST', '/api/bots/1/orders', user, BUY)).toEqual(first);
    expect((await ask('POST', '/api/bots/1/orders', user, { ...BUY, quantity: '0.02' })).status).toBe(409);
    expect((await ask('GET', '/api/positions', user)).body).toMatchObject({
      positions: expect.arrayContaining([
        expect.objectContaining({ botId: 1, currency: 'BTC', amount: '0.01' }),
      ]),
    });
  });

  it('that rests is cancelled; twice is the same, a filled one is a conflict', async () => {
    const limit = { side: 'buy', type: 'limit', quantity: '0.01', limitPrice: '100' };
    const { body: order } = await ask<Order>('POST', '/api/bots/1/orders', user, limit);
    expect(order).toMatchObject({ status: 'open', closedAt: null });
    for (let times = 0; times < 2; times += 1)
      expect(await ask('DELETE', `/api/bots/1/orders/${order.id}`, user)).toMatchObject({
        status: 200,
        body: { status: 'cancelled' },
      });
    expect((await ask('DELETE', '/api/bots/1/orders/1', user)).status).toBe(409);
    expect((await ask('DELETE', '/api/bots/2/orders/1', user)).status).toBe(404);
  });

  it('without a fresh price is told so, with when to try again', async () => {
    app.exchanges.setPrice(undefined);
    const answer = await app.call('POST', '/api/bots/1/orders', user, { ...BUY, clientOrderId: 'later' });
    app.exchanges.setPrice(50_000);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(await answer.json()).toMatchObject({ message: expect.stringMatching(/no fresh price/) });
  });

  it('beyond the money is a conflict, and leaves no trace', async () => {
    const before = await ask('GET', '/api/orders', user);
    expect(
      (await ask('POST', '/api/bots/1/orders', user, { ...BUY, quantity: '5', clientOrderId: 'rich' }))
        .status,
    ).toBe(409);
    expect(await ask('GET', '/api/orders', user)).toEqual(before);
  });

  it('is listed in pages, the newest first', async () => {
    const all = (await ask<{ orders: Order[] }>('GET', '/api/bots/1/orders', user)).body.orders;
    expect(all.map(({ id }) => id)).toEqual([2, 1]);
    expect((await ask('GET', '/api/orders?limit=1', user)).body).toEqual({ orders: [all[0]] });
    expect((await ask('GET', '/api/orders?limit=1&before=2', user)).body).toEqual({ orders: [all[1]] });
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'before=0', 'page=2', 'limit=1&limit=2'])
      expect((await ask('GET', `/api/orders?${query}`, user)).status, query).toBe(400);
  });
});

describe('an admin', () => {
  it('sees all, and what he writes is on the trail in the same transaction', async () => {
    expect((await ask('GET', '/api/bots/1', admin)).body).toMatchObject({ userId: 2 });
    expect((await ask<{ bots: Bot[] }>('GET', '/api/admin/bots?limit=1', admin)).body.bots).toMatchObject([
      { id: 2 },
    ]);
    expect(await trail()).toEqual([]);
    const sale = { side: 'sell', type: 'market', quantity: '0.005' };
    expect((await ask('POST', '/api/bots/1/orders', admin, sale)).status).toBe(201);
    await ask('PATCH', '/api/bots/2', admin, { status: 'paused' });
    expect(await trail()).toMatchObject([
      { actorId: 1, action: 'bot.change', subject: 'bot:2', details: { status: 'paused' } },
      { actorId: 1, action: 'order.place', subject: 'order:3', details: { botId: 1, ...sale } },
    ]);
  });

  it('whose write cannot be put on the trail has not written', async () => {
    app.database.connection.exec(
      "CREATE TRIGGER full_trail BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'planted'); END",
    );
    try {
      expect((await ask('PATCH', '/api/bots/1', admin, { name: 'unseen' })).status).toBe(500);
      expect((await ask('POST', '/api/admin/emergency-stop', admin)).status).toBe(500);
      expect((await ask('PATCH', '/api/admin/users/2', admin, { role: 'admin' })).status).toBe(500);
    } finally {
      app.database.connection.exec('DROP TRIGGER full_trail');
    }
    expect((await ask('GET', '/api/bots/1', user)).body).toMatchObject({
      name: 'second thoughts',
      status: 'running',
    });
    expect((await ask('GET', '/api/auth/me', user)).body).toMatchObject({ role: 'user' });
  });

  it('stops all bots at once, and lets those run again that he stopped', async () => {
    expect(await ask('POST', '/api/admin/emergency-stop', admin)).toEqual({ status: 200, body: { bots: 2 } });
    expect((await ask('GET', '/api/bots/1', user)).body).toMatchObject({ status: 'stopped' });
    expect((await ask('PATCH', '/api/bots/1', user, { status: 'running' })).status).toBe(409);
    const refused = await ask('POST', '/api/bots/1/orders', user, { ...BUY, clientOrderId: 'stopped' });
    expect(refused).toMatchObject({ status: 409, body: { message: expect.stringMatching(/stopped/) } });
    expect(await ask('DELETE', '/api/admin/emergency-stop', admin)).toEqual({
      status: 200,
      body: { bots: 2 },
    });
    expect((await ask('GET', '/api/bots/1', user)).body).toMatchObject({ status: 'running' });
    expect((await trail()).slice(0, 2)).toMatchObject([
      { action: 'emergency-stop.release', details: { bots: 2 } },
      { action: 'emergency-stop', details: { bots: 2 } },
    ]);
  });

  it('adds a user, changes his role at once for the tokens that he has, and never his own', async () => {
    const newcomer = { email: 'newcomer@example.com', password: 'a newcomer to paper' };
    const added = await ask<{ id: number }>('POST', '/api/admin/users', admin, newcomer);
    expect(added).toMatchObject({ status: 201, body: { email: newcomer.email, role: 'user' } });
    const token = await app.bearer(newcomer);
    expect((await ask('GET', '/api/admin/users', token)).status).toBe(403);
    await ask('PATCH', `/api/admin/users/${added.body.id}`, admin, { role: 'admin' });
    expect((await ask('GET', '/api/admin/users', token)).status).toBe(200);
    expect((await ask('PATCH', '/api/admin/users/1', admin, { role: 'user' })).status).toBe(409);
    expect(JSON.stringify(await trail())).not.toContain(newcomer.password);
  });
});

describe('markets', () => {
  it('are told with fresh prices, in pages, of enabled exchanges', async () => {
    expect((await ask('GET', '/api/markets/binance', user)).body).toEqual({
      markets: [
        {
          ...{
            symbol: 'BTC/USDT',
            base: 'BTC',
            quote: 'USDT',
            minQuantity: '0.00001',
            tickSize: '0.01',
            takerFee: '0.001',
          },
          ...{ bid: '49999', ask: '50001', last: '50000' },
        },
      ],
    });
    expect((await ask('GET', '/api/markets/binance?after=BTC%2FUSDT', user)).body).toEqual({ markets: [] });
    expect((await ask('GET', '/api/markets/luno', user)).status).toBe(404);
    expect((await ask('GET', '/api/markets/mtgox', user)).status).toBe(400);
  });
});
