import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accounts } from '../src/accounts.ts';
import { Database } from '../src/database.ts';
import {
  ADMIN,
  bodyOf,
  JWT_SECRET,
  OTHER,
  readableLog,
  startApp,
  USER,
  type AppSubject,
} from './subjects.ts';

const { log, lines } = readableLog();
let app: AppSubject;
let accounts: Accounts;

beforeAll(async () => {
  app = await startApp({ log });
  accounts = app.accounts;
  // An admin by flag, whatever the role.
  app.database.run('UPDATE users SET is_admin = 1 WHERE email = ?', OTHER.email);
});

afterAll(() => app.stop());

const login = (body: unknown): Promise<Response> => app.call('POST', '/api/auth/login', undefined, body);

/** A token made by hand, as somebody else might. */
function forge(claims: Record<string, unknown>, { secret = JWT_SECRET, alg = 'HS256' } = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1_000) + 60;
  const signed = `${part({ alg, typ: 'JWT' })}.${part({ iss: 'paper-trading', exp, ...claims })}`;
  const signature = alg === 'none' ? '' : createHmac('sha256', secret).update(signed).digest('base64url');
  return `Bearer ${signed}.${signature}`;
}

/** Every route, with who may call it; bodies and ids are such that those who may are answered as said. */
const ROUTES: [
  method: string,
  path: string,
  guard: 'none' | 'user' | 'admin',
  status: number,
  body?: object,
][] = [
  ['GET', '/api/health/ping', 'none', 200],
  ['GET', '/api/health/ready', 'none', 200],
  ['GET', '/api/system/ping', 'none', 200],
  ['GET', '/api/system/status', 'none', 200],
  ['GET', '/openapi.json', 'none', 200],
  ['POST', '/api/auth/login', 'none', 200, USER],
  ['GET', '/api/auth/me', 'user', 200],
  ['GET', '/api/bots', 'user', 200],
  ['POST', '/api/bots', 'user', 400, { name: '' }],
  ['GET', '/api/bots/4711', 'user', 404],
  ['PATCH', '/api/bots/4711', 'user', 404, { status: 'paused' }],
  ['GET', '/api/bots/4711/orders', 'user', 404],
  ['POST', '/api/bots/4711/orders', 'user', 404, { side: 'buy', type: 'market', quantity: '1' }],
  ['DELETE', '/api/bots/4711/orders/1', 'user', 404],
  ['GET', '/api/bots/4711/ledger', 'user', 404],
  ['GET', '/api/orders', 'user', 200],
  ['GET', '/api/positions', 'user', 200],
  ['GET', '/api/markets/binance', 'user', 200],
  ['GET', '/api/realtime/events', 'user', 200],
  ['GET', '/api/admin/users', 'admin', 200],
  ['POST', '/api/admin/users', 'admin', 409, USER],
  ['PATCH', '/api/admin/users/4711', 'admin', 404, { role: 'user' }],
  ['GET', '/api/admin/bots', 'admin', 200],
  ['GET', '/api/admin/audit', 'admin', 200],
  ['POST', '/api/admin/emergency-stop', 'admin', 200],
  ['DELETE', '/api/admin/emergency-stop', 'admin', 200],
];

const STRANGERS: [name: string, authorization: string | undefined][] = [
  ['no token', undefined],
  ['a token that is none', 'Bearer nonsense'],
  ['another scheme', `Basic ${Buffer.from('admin:admin').toString('base64')}`],
  ['an expired token', forge({ sub: '1', exp: 1_000_003_600 })],
  ['a token without an end', forge({ sub: '1', exp: undefined })],
  ['a token of another issuer', forge({ sub: '1', iss: 'elsewhere' })],
  ['a token with another secret', forge({ sub: '1' }, { secret: 'x'.repeat(40) })],
  ['an unsigned token', forge({ sub: '1' }, { alg: 'none' })],
  ['the token of a user that is no more', forge({ sub: '4711' })],
  ['a subject that is no id', forge({ sub: 'admin' })],
];

async function statusOf(answer: Response): Promise<number> {
  // A stream would stay open.
  if (answer.headers.get('content-type')?.startsWith('text/event-stream')) await answer.body?.cancel();
  else await answer.text();
  return answer.status;
}

describe('who may call what', () => {
  it('is tested of every operation in the document', async () => {
    const { paths } = await bodyOf<{ paths: Record<string, object> }>(await app.call('GET', '/openapi.json'));
    const documented = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '{}')}`),
    );
    const tested = ROUTES.map(
      ([method, path]) => `${method} ${path.replace(/\/\d+/g, '/{}').replace('/binance', '/{}')}`,
    );
    expect(tested.toSorted()).toEqual(documented.toSorted());
  });

  describe.each(ROUTES)('%s %s', (method, path, guard, status, body) => {
    it('answers 401 to every stranger, or the same to all when it has no guard', async () => {
      for (const [name, authorization] of STRANGERS) {
        const answer = await app.call(method, path, authorization, body);
        if (guard !== 'none') expect(answer.headers.get('www-authenticate'), name).toBe('Bearer');
        expect(await statusOf(answer), name).toBe(guard === 'none' ? status : 401);
      }
    });

    it('answers a user, an admin by role and an admin by flag as it should', async () => {
      const statuses = [];
      for (const identity of [USER, ADMIN, OTHER])
        statuses.push(await statusOf(await app.call(method, path, await app.bearer(identity), body)));
      expect(statuses).toEqual([guard === 'admin' ? 403 : status, status, status]);
    });
  });

  const guarded = ROUTES.filter(([, , guard]) => guard !== 'none');
  it.each(guarded)('%s %s asks who it is before it looks at the request', async (method, path) => {
    const answer = await app.call(method, `${path}?limit=junk`, undefined, method === 'GET' ? undefined : []);
    expect(await statusOf(answer)).toBe(401);
  });

  it('is told without the hash of anybody', async () => {
    const answer = await app.call('GET', '/api/admin/users', await app.bearer(ADMIN));
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ total: 3, users: [{ id: 3 }, { id: 2 }, { id: 1 }] });
    expect(text).not.toContain('argon2');
  });

  it('trusts a signature, were the secret known', async () => {
    expect((await app.call('GET', '/api/admin/users', forge({ sub: '1' }))).status).toBe(200);
  });
});

describe('POST /api/auth/login', () => {
  it('answers with a token, its end, and the user without the hash', async () => {
    const body = await bodyOf<{ token: string; expiresAt: string }>(await login(USER));
    expect(body).toEqual({
      token: expect.any(String),
      expiresAt: expect.any(String),
      user: { id: 2, email: USER.email, role: 'user', isAdmin: false, createdAt: expect.any(String) },
    });
    const claims = JSON.parse(Buffer.from(String(body.token.split('.')[1]), 'base64url').toString());
    expect(claims).toMatchObject({ sub: '2', iss: 'paper-trading' });
    expect(new Date(body.expiresAt).getTime()).toBe(claims.exp * 1_000);
    expect(claims.exp - claims.iat).toBe(3_600);
  });

  it('answers the same 401 to a wrong password and to an unknown address, after the same work', async () => {
    const timed = async (body: unknown) => {
      const begunAt = performance.now();
      const answer = await login(body);
      return { status: answer.status, body: await answer.text(), tookMs: performance.now() - begunAt };
    };
    const known = await timed({ email: USER.email, password: 'wrong' });
    const unknown = await timed({ email: 'nobody@example.com', password: 'wrong' });
    expect([known.status, unknown.status]).toEqual([401, 401]);
    expect(unknown.body).toBe(known.body);
    // Both hash, which takes tens of milliseconds; an answer without it takes two.
    expect(Math.min(known.tookMs, unknown.tookMs)).toBeGreaterThan(10);
  });

  it.each([
    ['no body', undefined],
    ['a missing password', { email: USER.email }],
    ['a number for an address', { email: 5, password: 'x' }],
    ['an address that is none', { email: 'nobody', password: 'x' }],
    ['an unknown member', { ...USER, admin: true }],
  ])('answers 400 to %s', async (_name, body) => {
    const answer = await login(body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      statusCode: 400,
      error: 'Bad Request',
      message: expect.any(String),
    });
  });
});

describe('isAdmin', () => {
  it('is false, logged, and no rejection when the database fails', async () => {
    const broken = new Accounts({ database: new Database({ path: ':memory:' }), seeds: [], log });
    expect(await broken.isAdmin(1)).toBe(false);
    expect(lines.at(-1)).toMatchObject({
      level: 50,
      userId: 1,
      err: { message: expect.stringContaining('not open') },
    });
  });

  it.each([Number.NaN, -1, 0.5, 4711])('is false for the id %d', async (userId) => {
    expect(await accounts.isAdmin(userId)).toBe(false);
  });
});

interface Operation {
  responses: Record<string, { content: Record<string, { schema: object }> }>;
  security?: object[];
  parameters?: { name: string; schema: object }[];
}

describe('the document', () => {
  it('describes every route with operationId, tag, non-empty answers, and 401 where a token is needed', async () => {
    const document = await bodyOf<{ openapi: string; paths: Record<string, Record<string, Operation>> }>(
      await app.call('GET', '/openapi.json'),
    );
    expect(document.openapi).toBe('3.1.0');
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        const name = `${method} ${path}`;
        expect(operation, name).toMatchObject({
          operationId: expect.any(String),
          tags: [expect.any(String)],
        });
        for (const answer of Object.values(operation.responses)) {
          const [content] = Object.values(answer.content);
          expect(content?.schema, name).toBeTypeOf('object');
        }
        if (operation.security !== undefined) expect(Object.keys(operation.responses), name).toContain('401');
        if (path.startsWith('/api/admin')) expect(Object.keys(operation.responses), name).toContain('403');
      }
    }
  });

  it('answers unknown and undecodable paths in the same shape', async () => {
    for (const [path, statusCode] of [
      ['/nowhere', 404],
      ['/%zz', 400],
    ] as const) {
      const answer = await app.call('GET', path);
      expect(await answer.json()).toEqual({
        statusCode,
        error: expect.any(String),
        message: expect.any(String),
      });
      expect(answer.status).toBe(statusCode);
    }
  });
});
