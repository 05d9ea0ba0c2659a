import type { RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import {
  documentWith,
  json200,
  judgeListener,
  judgeServer,
  onlyVerdict,
  sendJson,
} from './fixtures/judge-server.ts';

const noDocument: { name: string; listener: RequestListener; says: RegExp }[] = [
  {
    name: 'text that is no JSON',
    listener: (_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('openapi: 3.1.0'),
    says: /answered 200, application\/json, 14 bytes; it begins: openapi: 3\.1\.0: no JSON/,
  },
  {
    name: 'an HTML page',
    listener: (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html>${'x'.repeat(500)}`),
    says: /200, text\/html, 515 bytes; it begins: <!doctype html>x{65}: no JSON/,
  },
  {
    name: 'a 404',
    listener: (_, response) => sendJson(response, { message: 'Not Found' }, 404),
    says: /answered 404, .*"Not Found".*expected 200/,
  },
  {
    name: 'a redirect',
    listener: (_, response) => response.writeHead(302, { location: '/docs/json' }).end(),
    says: /answered 302.*redirect to \/docs\/json is not followed/,
  },
  {
    name: 'an empty body',
    listener: (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(),
    says: /an empty body: expected a JSON document/,
  },
  { name: 'a JSON array', listener: (_, response) => sendJson(response, []), says: /JSON, but no object/ },
  {
    name: 'a document under another content type',
    listener: (_, response) =>
      response.writeHead(200, { 'content-type': 'text/plain' }).end('{"openapi":"3.1.0"}'),
    says: /JSON under another content type/,
  },
  {
    name: 'a closed connection',
    listener: (request) => request.socket.destroy(),
    says: /no document: UND_ERR_SOCKET/,
  },
  {
    name: 'a document without an end',
    listener: (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
    says: /no document: the body did not end: no answer within 5000 ms/,
  },
];

test.each(noDocument)(
  '$name is no document: one failure, and the rest is unknown',
  async ({ listener, says }) => {
    const { verdicts } = await judgeListener(listener, { required: ['GET /a'] });
    const document = onlyVerdict(verdicts, 'document-valid');
    expect(document.outcome).toBe('fail');
    expect(document.message).toMatch(says);
    expect(document.message).toMatch(/^GET http:\/\/127\.0\.0\.1:\d+\/openapi\.json/);
    expect(document.fix).toMatch(/routes\.document|application\/json/);
    expect(onlyVerdict(verdicts, 'required-route').outcome).toBe('unknown');
    expect(onlyVerdict(verdicts, 'answers-as-declared').outcome).toBe('unknown');
  },
);

test('the document is fetched from where the configuration says', async () => {
  const document = documentWith({ '/a': { get: json200({ type: 'string' }) } });
  const { verdicts } = await judgeListener(
    (request, response) => sendJson(response, request.url === '/docs/json' ? document : 'text'),
    { document: '/docs/json' },
  );
  expect(verdicts.map(({ check, outcome }) => `${outcome} ${check}`)).toEqual([
    'pass service-started',
    'pass document-valid',
    'skip required-route',
    'pass answers-as-declared',
    'skip matrix-cell',
  ]);
});

test('an interrupted fetch is unknown and not a fault of the document', async () => {
  const { verdicts } = await judgeListener(() => undefined, {}, AbortSignal.timeout(100));
  expect(onlyVerdict(verdicts, 'document-valid')).toMatchObject({ outcome: 'unknown' });
});

test('a valid document passes with its size and its empty schemas', async () => {
  const document = documentWith({ '/a': { get: json200({}) }, '/b': { get: json200({ type: 'string' }) } });
  const { verdicts } = await judgeServer(document, (_, response) => sendJson(response, 'text'));
  const verdict = onlyVerdict(verdicts, 'document-valid');
  expect(verdict.outcome).toBe('pass');
  expect(verdict.message).toContain('2 operations, 1 empty schema');
  expect(verdict.message).toContain('GET /a 200 application/json');
});
