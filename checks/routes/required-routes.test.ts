import { expect, test } from 'vitest';
import { documentWith, json200 } from './fixtures/judge-server.ts';
import { judgeRequiredRoutes } from './required-routes.ts';

const read = { get: json200({ type: 'string' }) };
const document = documentWith({
  '/api/health/ping': read,
  '/api/admin': read,
  '/api/admin/users': { post: json200({ type: 'string' }) },
  '/api/users/{userId}': read,
  '/api/empty/': read,
});

test.each([
  ['GET /api/health/ping', 'pass'],
  ['get /api/health/ping', 'pass'],
  ['* /api/health/ping', 'pass'],
  ['* /api/admin/*', 'pass'],
  ['POST /api/admin/*', 'pass'],
  ['POST /api/*', 'pass'],
  ['GET /api/users/{id}', 'pass'],
  ['POST /api/health/ping', 'fail'],
  ['GET /api/health/pong', 'fail'],
  ['GET /api/health', 'fail'],
  ['GET /api/admin/*', 'fail'],
  ['* /api/health/ping/*', 'fail'],
  ['* /api/realtime/*', 'fail'],
  ['* /api/empty/*', 'fail'],
  ['/api/health/ping', 'unknown'],
  ['FETCH /api/health/ping', 'unknown'],
  ['GET api/health/ping', 'unknown'],
])('%s: %s', (entry, outcome) => {
  const findings = judgeRequiredRoutes(document, [entry]);
  expect(findings).toMatchObject([{ subject: entry, outcome }]);
  expect(findings[0]?.fix === undefined).toBe(outcome === 'pass');
});

test('a failure says what is on the path instead', () => {
  expect(judgeRequiredRoutes(document, ['POST /api/health/ping'])[0]?.message).toContain(
    'the path has only GET',
  );
  expect(judgeRequiredRoutes(document, ['GET /nowhere'])[0]?.message).toContain(
    'none of its 5 operations is on that path',
  );
});

test('the first server of the document stands before its paths', () => {
  const served = documentWith({ '/health/ping': read }, { servers: [{ url: 'http://localhost:3000/api/' }] });
  expect(judgeRequiredRoutes(served, ['GET /api/health/ping'])).toMatchObject([{ outcome: 'pass' }]);
  expect(judgeRequiredRoutes(served, ['GET /v2/health/ping'])).toMatchObject([{ outcome: 'fail' }]);
});

test('nothing required is a skip that says so', () => {
  expect(judgeRequiredRoutes(document, [])).toEqual([
    {
      subject: 'routes.required',
      outcome: 'skip',
      message: 'routes.required is empty: no route is demanded',
    },
  ]);
});
