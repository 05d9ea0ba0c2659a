import { createHmac } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { documentWith, judgeServer, outcomesOf, sendJson } from './fixtures/judge-server.ts';
import type { UserRoutes } from './fixtures/judge-server.ts';
import { forgeTokens, readJwt, signExpired, signTwin } from './tokens.ts';

const body = { type: 'object', properties: { ok: { type: 'boolean' } } };
const ok = { description: 'ok', content: { 'application/json': { schema: body } } };
const document = documentWith({
  '/login': { post: { responses: { 200: ok } } },
  '/me': { get: { responses: { 200: ok, 401: ok } } },
});

/** A service that knows one secret, wherever it is sent. */
const serve =
  (isKnown: (headers: Record<string, unknown>) => boolean, cookie?: string): RequestListener =>
  (request, response) => {
    if (request.url === '/login') {
      if (cookie !== undefined)
        response.setHeader('set-cookie', ['theme=dark; Path=/', `${cookie}; HttpOnly`]);
      return sendJson(response, { ok: true, data: { 'a/b': 'nested-token-1' } });
    }
    return isKnown(request.headers)
      ? sendJson(response, { ok: true })
      : sendJson(response, { ok: false }, 401);
  };

const matrix = { 'POST /login': 200, 'GET /me': { none: 401, garbage: 401, user: 200 } };
const allPass = ['pass GET /me as none', 'pass GET /me as garbage', 'pass GET /me as user'];

test.each<[string, UserRoutes['identities'], RequestListener]>([
  [
    'a session cookie',
    { user: { login: { call: 'POST /login', capture: 'cookie sid' } } },
    serve(({ cookie }) => cookie === 'sid=session-0001', 'sid=session-0001'),
  ],
  [
    'a pointer with escapes, in a header of its own',
    {
      user: {
        login: { call: 'POST /login', capture: '/data/a~1b' },
        headers: { 'X-Api-Key': 'key {token}' },
      },
    },
    serve((headers) => headers['x-api-key'] === 'key nested-token-1'),
  ],
  [
    'a configured token',
    { user: { token: 'configured-0001' } },
    serve(({ authorization }) => authorization === 'Bearer configured-0001'),
  ],
])('%s is sent as it should be', async (_, identities, listener) => {
  const { verdicts, concealed } = await judgeServer(document, listener, { identities, matrix });
  expect(outcomesOf(verdicts, 'identity-works')).toEqual(['pass user']);
  expect(outcomesOf(verdicts, 'matrix-cell').filter((text) => text.includes('/me'))).toEqual(allPass);
  expect(concealed.some((value) => /session-0001|nested-token-1|configured-0001/.test(value))).toBe(true);
});

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (alg: string, hash: string, payload: object) => {
  const text = `${encode({ alg, typ: 'JWT' })}.${encode(payload)}`;
  return `${text}.${createHmac(hash, 'key').update(text).digest('base64url')}`;
};
const NOW_S = 2_000_000_000;

test.each([
  ['HS256', 'sha256'],
  ['HS384', 'sha384'],
  ['HS512', 'sha512'],
])(
  '%s: a token is signed again with its life in the past, and its twin with its life as it was',
  (alg, hash) => {
    const token = jwt(alg, hash, { sub: '7', iat: NOW_S, nbf: NOW_S, exp: NOW_S + 600, role: 'user' });
    const expired = signExpired(token, 'key', NOW_S);
    const life = { iat: NOW_S - 4_200, nbf: NOW_S - 4_200, exp: NOW_S - 3_600 };
    expect(expired).toEqual({ signed: true, token: jwt(alg, hash, { sub: '7', ...life, role: 'user' }) });
    const twin = signTwin(token, 'key', NOW_S);
    const twinLife = { iat: NOW_S - 1, nbf: NOW_S - 1, exp: NOW_S + 599 };
    expect(twin).toEqual({ signed: true, token: jwt(alg, hash, { sub: '7', ...twinLife, role: 'user' }) });
  },
);

test('what cannot be signed again says why', () => {
  expect(signExpired('opaque', 'key', NOW_S)).toMatchObject({ reason: 'its token is no JSON Web Token' });
  expect(signExpired(jwt('RS256', 'sha256', {}), 'key', NOW_S)).toMatchObject({
    reason: 'its token is signed with RS256, and only HS256, HS384, HS512 can be signed again',
  });
});

test('a token without an end gets one', () => {
  const signed = signExpired(jwt('HS256', 'sha256', { sub: '7', iat: NOW_S }), 'key', NOW_S);
  const payload = signed.signed ? readJwt(signed.token)?.payload : undefined;
  expect(payload).toEqual({ sub: '7', iat: NOW_S - 3_601, exp: NOW_S - 3_600 });
});

test('forgeries have the contents of a real token and not its signature', () => {
  const real = jwt('HS256', 'sha256', { sub: '7' });
  const [nonsense, wrong, none] = forgeTokens(real);
  expect(readJwt(nonsense?.token ?? '')).toBeUndefined();
  expect(readJwt(wrong?.token ?? '')).toEqual(readJwt(real));
  expect(wrong?.token).not.toBe(real);
  expect(wrong?.token).toHaveLength(real.length);
  expect(readJwt(none?.token ?? '')).toEqual({ header: { alg: 'none', typ: 'JWT' }, payload: { sub: '7' } });
  expect(forgeTokens('opaque')).toHaveLength(1);
  expect(forgeTokens(undefined)).toHaveLength(1);
});
