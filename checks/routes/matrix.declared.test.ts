import type { RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import type { RoutesConfig } from '../../harness/config.ts';
import {
  documentWith,
  json200,
  judgeListener,
  judgeServer,
  outcomesOf,
  sendJson,
} from './fixtures/judge-server.ts';
import type { UserRoutes } from './fixtures/judge-server.ts';
import { createNotesListener } from './fixtures/notes-server.ts';
import { NOTES_ROUTES } from './fixtures/notes-routes.ts';
import { callerOf, columnsOf, declaredCell } from './matrix.ts';
import { listOperations } from './openapi.ts';

const KEY = 'a-key-of-the-notes-that-is-long-enough';
const judgeNotes = async (routes: UserRoutes) =>
  await judgeListener(createNotesListener(KEY), routes, undefined, { JWT_SECRET: KEY });

function parseRoutes(routes: UserRoutes): RoutesConfig {
  const parsed = configSchema.parse({ routes }).routes;
  if (parsed === undefined || parsed === false) throw new Error('the fixture needs routes');
  return parsed;
}

const operation = (method: string, path: string) => {
  const found = listOperations(documentWith({ [path]: { [method]: json200({ type: 'string' }) } }))[0];
  if (found === undefined) throw new Error('the fixture has no operation');
  return found;
};

const identities = { user: { token: 'a' }, admin: { token: 'b' } };

test('each cell is what the most exact entry says of it', () => {
  const routes = parseRoutes({
    identities,
    matrix: {
      '* /api/*': { none: 401, garbage: 401, user: 200, admin: 200 },
      '* /api/admin/*': { user: 403 },
      'DELETE /api/admin/*': { admin: 204 },
      'GET /api/admin/{name}/log': { user: 404, none: 404 },
      'GET /ping': 200,
    },
  });
  const cells = (method: string, path: string, base = '') =>
    columnsOf(routes).map((column) => declaredCell(routes, operation(method, path), column, base)?.status);
  expect(columnsOf(routes)).toEqual(['none', 'garbage', 'user', 'admin']);
  expect(cells('get', '/api/bots')).toEqual([401, 401, 200, 200]);
  expect(cells('get', '/api/admin/users')).toEqual([401, 401, 403, 200]);
  expect(cells('delete', '/api/admin/users')).toEqual([401, 401, 403, 204]);
  expect(cells('get', '/api/admin/{id}/log')).toEqual([404, 401, 404, 200]);
  expect(cells('get', '/ping')).toEqual([200, 200, 200, 200]);
  expect(cells('get', '/apis')).toEqual([undefined, undefined, undefined, undefined]);
  expect(cells('get', '/bots', '/api')).toEqual([401, 401, 200, 200]);
});

test('a call without a configured identity is made by the first that is let through', () => {
  const routes = parseRoutes({
    identities,
    calls: { 'GET /api/bots': { as: 'admin' }, 'GET /api/ping': { as: 'none' } },
    matrix: { '* /api/*': { user: 200, admin: 200 }, '* /api/admin/*': { user: 403 } },
  });
  expect(callerOf(routes, operation('get', '/api/orders'), '')).toBe('user');
  expect(callerOf(routes, operation('get', '/api/admin/users'), '')).toBe('admin');
  expect(callerOf(routes, operation('get', '/api/bots'), '')).toBe('admin');
  expect(callerOf(routes, operation('get', '/api/ping'), '')).toBeUndefined();
  expect(callerOf(routes, operation('get', '/elsewhere'), '')).toBeUndefined();
});

test.each<[string, UserRoutes, RegExp]>([
  [
    'a column',
    { identities, matrix: { 'GET /a': { usr: 200 } } },
    /names usr; there are none, garbage, user, admin/,
  ],
  ['a setup', { calls: { 'GET /a': { fresh: ['bot'] } } }, /names bot; there are none/],
  [
    'a caller',
    { identities, calls: { 'GET /a': { as: 'root' } } },
    /names root; there are none, user, admin/,
  ],
  [
    'what is captured',
    {
      setup: { bot: { call: 'POST /a', capture: { botId: '/id' } } },
      calls: { 'GET /a/{b}': { params: { b: '{botID}' } } },
    },
    /names botID; there are random, botId/,
  ],
  [
    'what a path is made of',
    { setup: { order: { call: 'POST /a/{botId}/o' } } },
    /names botId; there are random/,
  ],
  ['who makes a thing', { setup: { bot: { as: 'root', call: 'POST /a' } } }, /names root/],
  ['who is expired', { identities: { old: { expire: 'user', signedWith: 'KEY' } } }, /names user/],
  ['a built-in column', { identities: { garbage: { token: 'x' } } }, /garbage is built in/],
  ['an operation', { matrix: { '/api/users': 200 } }, /METHOD \/path or a pattern/],
  ['a status', { matrix: { 'GET /a': 20 } }, /expected number to be >=100|Invalid input/],
  ['a call', { setup: { bot: { call: '/api/bots' } } }, /METHOD \/path, with the method in capitals/],
])('a name of %s that names nothing is refused when the configuration is loaded', (_, routes, says) => {
  const result = configSchema.safeParse({ routes });
  expect(result.success).toBe(false);
  expect(JSON.stringify(result.error?.issues)).toMatch(says);
});

test('a cell that nothing declares is unknown, never called, and says where to declare it', async () => {
  const { '* /api/*': _, ...rest } = NOTES_ROUTES.matrix;
  const { verdicts, record } = await judgeNotes({
    ...NOTES_ROUTES,
    matrix: { ...rest, '* /api/notes': { none: 401, garbage: 401, expired: 401, user: 200, other: 200 } },
  });
  const undeclared = verdicts.filter(
    ({ check, subject }) => check === 'matrix-cell' && subject === 'GET /api/notes as admin',
  );
  expect(undeclared).toMatchObject([
    {
      outcome: 'unknown',
      message: 'GET /api/notes as admin: no entry of routes.matrix says what it is answered with',
      fix: "declare routes.matrix['GET /api/notes'].admin, or a pattern that matches it",
    },
  ]);
  expect(outcomesOf(verdicts, 'matrix-cell')).toContain('unknown GET /api/events as none');
  expect(record).not.toContain('"operation":"GET /api/notes","as":"admin"');
});

test('an entry for an operation that the document lacks is unknown', async () => {
  const { verdicts } = await judgeNotes({
    ...NOTES_ROUTES,
    matrix: { ...NOTES_ROUTES.matrix, 'GET /api/gone': 200, 'PATCH /api/*': { user: 200 } },
  });
  const bad = verdicts.filter(({ outcome }) => outcome === 'unknown');
  expect(bad.map(({ subject }) => subject)).toEqual([
    "routes.matrix['GET /api/gone']",
    "routes.matrix['PATCH /api/*']",
  ]);
  expect(bad[0]?.message).toBe('routes.matrix names GET /api/gone, and the document has no such operation');
});

test('an operation that is not called and an identity that cannot be are skipped with their reasons', async () => {
  const expired = { unavailable: 'sessions are opaque and kept in memory' };
  const { verdicts } = await judgeNotes({
    ...NOTES_ROUTES,
    identities: { ...NOTES_ROUTES.identities, expired },
    matrix: {
      ...NOTES_ROUTES.matrix,
      '* /api/*': { none: 401, garbage: 401, user: 200, other: 200, admin: 200 },
    },
    notCalled: { 'GET /api/events': 'it is watched elsewhere' },
  });
  expect(verdicts.filter(({ outcome }) => outcome === 'fail' || outcome === 'unknown')).toEqual([]);
  expect(verdicts.filter(({ outcome }) => outcome === 'skip').map(({ message }) => message)).toEqual([
    'routes.required is empty: no route is demanded',
    'GET /api/events is not called: it is watched elsewhere',
    'expired has no column in the matrix: sessions are opaque and kept in memory',
    'GET /api/events is not called: it is watched elsewhere',
  ]);
});

test('without a matrix nothing is demanded, and that is said', async () => {
  const { verdicts } = await judgeNotes({});
  expect(outcomesOf(verdicts, 'matrix-cell')).toEqual(['skip routes.matrix']);
});

test('an id that is not real proves nothing: its owner is not let through to it either', async () => {
  const { verdicts } = await judgeNotes({
    ...NOTES_ROUTES,
    calls: { ...NOTES_ROUTES.calls, 'GET /api/notes/{noteId}': { params: { noteId: '999' }, as: 'user' } },
    matrix: { ...NOTES_ROUTES.matrix, 'GET /api/notes/{noteId}': { user: 404, other: 404, admin: 404 } },
  });
  const bad = verdicts.filter(({ outcome, check }) => check === 'matrix-cell' && outcome !== 'pass');
  expect(bad.map(({ outcome, subject }) => `${outcome} ${subject}`)).toEqual([
    'unknown GET /api/notes/{noteId} as user',
    'unknown GET /api/notes/{noteId} as other',
    'unknown GET /api/notes/{noteId} as admin',
  ]);
  expect(bad[0]?.message).toContain('user itself is who should get it');
  expect(bad[1]?.message).toContain('user, whose it is, was answered 404 for the same request');
  expect(bad[1]?.fix).toContain('routes.setup');
});

test('a configured token must be seen to be good', async () => {
  const routes = {
    identities: { user: { token: 'a-token-that-nobody-issued' } },
    calls: { 'POST /api/login': NOTES_ROUTES.calls['POST /api/login'] },
    matrix: { '* /api/*': 401, 'GET /api/ping': 200, 'POST /api/login': 200 },
  };
  const { verdicts } = await judgeNotes(routes);
  expect(outcomesOf(verdicts, 'identity-works')).toEqual(['unknown user']);
  expect(outcomesOf(verdicts, 'matrix-cell')).toContain('unknown GET /api/notes as user');
});

test('a refusal whose schema says nothing leaves its cells unknown', async () => {
  const refusal = { description: 'no', content: { 'application/json': { schema: {} } } };
  const sound = {
    description: 'ok',
    content: { 'application/json': { schema: { type: 'array', items: { type: 'string' } } } },
  };
  const document = documentWith({ '/a': { get: { responses: { 200: sound, 401: refusal } } } });
  const { verdicts } = await judgeServer(
    document,
    ({ headers }, response) => {
      const known = headers.authorization === 'Bearer known-0001';
      sendJson(response, known ? [] : { error: 'no' }, known ? 200 : 401);
    },
    {
      identities: { user: { token: 'known-0001' } },
      matrix: { '* /*': { none: 401, garbage: 401, user: 200 } },
    },
  );
  // The empty list is an answer to who may call; what it is made of has not been seen.
  expect(outcomesOf(verdicts, 'matrix-cell')).toEqual([
    'unknown GET /a as none',
    'unknown GET /a as garbage',
    'pass GET /a as user',
  ]);
  expect(outcomesOf(verdicts, 'answers-as-declared')).toEqual(['unknown GET /a']);
});

test('an account that a setup makes is logged in after it; a name that is not captured has its cause', async () => {
  const text = { type: 'string' };
  const body = { type: 'object', required: ['name'], properties: { name: text } };
  const made = { description: 'ok', content: { 'application/json': { schema: body } } };
  const document = documentWith({
    '/accounts': { post: { responses: { 201: made } } },
    '/login': { post: { responses: { 200: made } } },
    '/me': { get: { responses: { 200: made, 401: made } } },
  });
  const routes = {
    identities: {
      guest: { login: { call: 'POST /login', body: { name: '{guestName}' }, capture: '/name' } },
    },
    setup: {
      account: { call: 'POST /accounts', body: { name: 'guest-{random}' }, capture: { guestName: '/name' } },
    },
    calls: { 'POST /login': { body: { name: '{guestName}' } } },
    matrix: {
      'POST /*': { none: 201 },
      'POST /login': 200,
      'GET /me': { none: 401, garbage: 401, guest: 200 },
    },
  };
  const accounts = new Set<string>();
  const serve =
    (makes: boolean): RequestListener =>
    async (request, response) => {
      let sent = '';
      for await (const chunk of request) sent += String(chunk);
      const { name } = JSON.parse(sent || '{"name":""}') as { name: string };
      if (request.url === '/accounts' && makes) accounts.add(name);
      if (request.url === '/accounts') return sendJson(response, { name }, makes ? 201 : 500);
      if (request.url === '/login') return sendJson(response, { name });
      const known = accounts.has(request.headers.authorization?.slice('Bearer '.length) ?? '');
      sendJson(response, { name: known ? 'guest' : 'nobody' }, known ? 200 : 401);
    };
  const { verdicts } = await judgeServer(document, serve(true), routes);
  expect(outcomesOf(verdicts, 'setup-made')).toEqual(['pass account']);
  expect(outcomesOf(verdicts, 'identity-works')).toEqual(['pass guest']);
  expect(outcomesOf(verdicts, 'matrix-cell')).toContain('pass GET /me as guest');
  const unmade = (await judgeServer(document, serve(false), routes)).verdicts;
  const causes = unmade.filter(
    ({ outcome, subject }) => outcome === 'unknown' && /guest$|login$/.test(subject),
  );
  expect(causes.map(({ check, subject, because }) => `${check} ${subject}: ${because}`)).toContain(
    'answers-as-declared POST /login: setup-made',
  );
  expect(causes.map(({ check, subject, because }) => `${check} ${subject}: ${because}`)).toEqual(
    expect.arrayContaining([
      'identity-works guest: setup-made',
      'matrix-cell GET /me as guest: identity-works',
    ]),
  );
});

test('who sends nothing sends nothing: a configured credential is taken off', async () => {
  const headers = { Authorization: 'Bearer left-over-0001', 'x-trace': 'kept' };
  const { verdicts, record } = await judgeNotes({
    ...NOTES_ROUTES,
    calls: { ...NOTES_ROUTES.calls, 'GET /api/notes': { headers } },
  });
  expect(verdicts.filter(({ outcome }) => outcome === 'fail' || outcome === 'unknown')).toEqual([]);
  const sent = record
    .split('\n')
    .filter((line) => line.includes('"cell-called","operation":"GET /api/notes","as"'));
  expect(sent).toHaveLength(8);
  for (const line of sent) expect(line).toContain('"x-trace":"kept"');
  expect(sent.join()).not.toContain('left-over-0001');
});
