import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accounts } from '../src/accounts.ts';
import { Database } from '../src/database.ts';
import { HttpServer } from '../src/http-server.ts';
import { ADMIN, freePort, readableLog, USER } from './subjects.ts';

const SECRET = 'a secret for the tests of this file only';
const FLAGGED = { email: 'flagged@example.com', password: 'an admin by its flag' };

const { log, lines } = readableLog();
const database = new Database({ path: ':memory:' });
const accounts = new Accounts({
  database,
  seeds: [
    { ...ADMIN, role: 'admin' },
    { ...USER, role: 'user' },
    { ...FLAGGED, role: 'user' },
  ],
  log,
});
let server: HttpServer;
let url: string;

beforeAll(async () => {
  await database.start();
  await accounts.start();
  database.connection.prepare('UPDATE users SET is_admin = 1 WHERE email = ?').run(FLAGGED.email);
  server = new HttpServer({
    host: '127.0.0.1',
    port: await freePort(),
    jwtSecret: SECRET,
    accounts,
    lifecycle: { phase: 'ready' },
    drainGraceMs: 0,
    requestGraceMs: 1_000,
    log,
  });
  await server.start();
  url = String(server.address);
});

afterAll(async () => {
  await server.stop();
  await accounts.stop();
  await database.stop();
});

function login(body: unknown): Promise<Response> {
  return fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function bodyOf<T = Record<string, unknown>>(answer: Response): Promise<T> {
  return (await answer.json()) as T;
}

/** A token made by hand, as somebody else might. */
function forge(claims: Record<string, unknown>, { secret = SECRET, alg = 'HS256' } = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1_000) + 60;
  const signed = `${part({ alg, typ: 'JWT' })}.${part({ iss: 'paper-trading', exp, ...claims })}`;
  const signature = alg === 'none' ? '' : createHmac('sha256', secret).update(signed).digest('base64url');
  return `Bearer ${signed}.${signature}`;
}

async function tokenOf(identity: { email: string; password: string }): Promise<string> {
  const answer = await login(identity);
  expect(answer.status).toBe(200);
  return (await bodyOf<{ token: string }>(answer)).token;
}

function listUsers(authorization?: string): Promise<Response> {
  return fetch(`${url}/api/admin/users`, authorization === undefined ? {} : { headers: { authorization } });
}

describe('GET /api/admin/users', () => {
  const identities: [name: string, authorization: () => Promise<string | undefined>, status: number][] = [
    ['no token', async () => undefined, 401],
    ['a token that is none', async () => 'Bearer nonsense', 401],
    ['another scheme', async () => `Basic ${Buffer.from('admin:admin').toString('base64')}`, 401],
    ['an expired token', async () => forge({ sub: '1', exp: 1_000_003_600 }), 401],
    ['a token of another issuer', async () => forge({ sub: '1', iss: 'elsewhere' }), 401],
    ['a token with another secret', async () => forge({ sub: '1' }, { secret: 'x'.repeat(40) }), 401],
    ['an unsigned token', async () => forge({ sub: '1' }, { alg: 'none' }), 401],
    ['a forged admin, were the secret known', async () => forge({ sub: '1' }), 200],
    ['a user', async () => `Bearer ${await tokenOf(USER)}`, 403],
    ['a user that is no more', async () => forge({ sub: '4711' }), 403],
    ['a subject that is no id', async () => forge({ sub: 'admin' }), 403],
    ['an admin by role', async () => `Bearer ${await tokenOf(ADMIN)}`, 200],
    ['an admin by flag', async () => `Bearer ${await tokenOf(FLAGGED)}`, 200],
  ];

  for (const [name, authorization, status] of identities) {
    it(`answers ${status} to ${name}`, async () => {
      const answer = await listUsers(await authorization());
      expect(answer.status).toBe(status);
      const body = await bodyOf(answer);
      if (status === 200) {
        expect(body).toMatchObject({
          total: 3,
          users: [{ email: ADMIN.email }, { email: USER.email }, { email: FLAGGED.email }],
        });
        expect(JSON.stringify(body)).not.toContain('argon2');
      } else {
        expect(body).toEqual({
          statusCode: status,
          error: status === 401 ? 'Unauthorized' : 'Forbidden',
          message: expect.any(String),
        });
      }
    });
  }
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
  responses: Record<string, unknown>;
}

describe('the document', () => {
  it('describes every route with operationId, tag and non-empty answers', async () => {
    const document = await bodyOf<{ openapi: string; paths: Record<string, Record<string, Operation>> }>(
      await fetch(`${url}/openapi.json`),
    );
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/api/admin/users',
      '/api/auth/login',
      '/api/health/ping',
      '/api/health/ready',
      '/api/system/ping',
      '/openapi.json',
    ]);
    for (const operation of Object.values(document.paths).flatMap((item) => Object.values(item))) {
      expect(operation).toMatchObject({ operationId: expect.any(String), tags: [expect.any(String)] });
      for (const answer of Object.values(operation.responses)) {
        expect(answer).toMatchObject({ content: { 'application/json': { schema: expect.any(Object) } } });
      }
    }
  });

  it('answers unknown and undecodable paths in the same shape', async () => {
    for (const [path, statusCode] of [
      ['/nowhere', 404],
      ['/%zz', 400],
    ] as const) {
      const answer = await fetch(url + path);
      expect(await answer.json()).toEqual({
        statusCode,
        error: expect.any(String),
        message: expect.any(String),
      });
      expect(answer.status).toBe(statusCode);
    }
  });
});
