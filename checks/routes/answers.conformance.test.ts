import type { RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { documentWith, json200, judgeServer, onlyVerdict, sendJson } from './fixtures/judge-server.ts';
import type { UserRoutes } from './fixtures/judge-server.ts';
import type { JsonObject } from './openapi.ts';

const user = {
  type: 'object',
  required: ['id', 'name'],
  additionalProperties: false,
  properties: { id: { type: 'integer' }, name: { type: 'string' } },
};

/** What a fixture answers to its one operation, `GET /a` unless a document says otherwise. */
interface Case {
  name: string;
  schema?: unknown;
  document?: JsonObject;
  routes?: UserRoutes;
  answer: RequestListener;
  outcome: 'pass' | 'fail' | 'unknown' | 'skip';
  says: RegExp;
}

const json =
  (value: unknown, status = 200): RequestListener =>
  (_, response) =>
    sendJson(response, value, status);
const raw =
  (type: string, body: string, status = 200): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': type }).end(body);
const ok = (content: JsonObject) => ({ responses: { 200: { description: 'ok', content } } });
const at = (definition: JsonObject, more: JsonObject = {}) =>
  documentWith({ '/a': { get: definition } }, more);
const anything = { type: 'object', properties: { ok: { type: 'boolean' }, error: { type: 'string' } } };
const withStatuses = (...statuses: string[]) =>
  at({
    responses: Object.fromEntries(
      statuses.map((status) => [
        status,
        { description: status, content: { 'application/json': { schema: anything } } },
      ]),
    ),
  });

async function judgeCase({ schema, document, routes, answer }: Case) {
  const { verdicts } = await judgeServer(document ?? at(json200(schema)), answer, routes);
  expect(onlyVerdict(verdicts, 'document-valid').outcome).toBe('pass');
  return onlyVerdict(verdicts, 'answers-as-declared');
}

const shapes: Case[] = [
  {
    name: 'the declared shape',
    schema: user,
    answer: json({ id: 1, name: 'Ann' }),
    outcome: 'pass',
    says: /2 of 2 properties validated$/,
  },
  {
    name: 'an extra property',
    schema: user,
    answer: json({ id: 1, name: 'Ann', secret: 1 }),
    outcome: 'fail',
    says: /must NOT have additional properties \(secret\)/,
  },
  {
    name: 'a wrong type',
    schema: user,
    answer: json({ id: '1', name: 'Ann' }),
    outcome: 'fail',
    says: /\/id must be integer/,
  },
  {
    name: 'a missing property',
    schema: user,
    answer: json({ id: 1 }),
    outcome: 'fail',
    says: /must have required property 'name'/,
  },
  {
    name: 'a wrong format',
    schema: { type: 'string', format: 'date-time' },
    answer: json('yesterday'),
    outcome: 'fail',
    says: /must match format "date-time"/,
  },
  {
    name: 'properties that no schema looks at',
    schema: { type: 'object', properties: { id: { type: 'integer' }, any: {} } },
    answer: json({ id: 1, any: 1, more: 2 }),
    outcome: 'pass',
    says: /1 of 3 properties validated \(not in the schema: \/any, \/more\)/,
  },
  {
    name: 'an empty list',
    schema: { type: 'array', items: user },
    answer: json([]),
    outcome: 'unknown',
    says: /0 properties validated, the answer is an empty array$/,
  },
  {
    name: 'a list of texts',
    schema: { type: 'array', items: { type: 'string' } },
    answer: json(['a', 'b']),
    outcome: 'pass',
    says: /as declared, 2 items validated, an array of 2$/,
  },
  {
    name: 'a list of whatever',
    schema: { type: 'array', items: {} },
    answer: json(['a', 'b']),
    outcome: 'unknown',
    says: /0 properties validated, an array of 2$/,
  },
  {
    name: 'a list inside that is empty',
    schema: {
      type: 'object',
      properties: { total: { type: 'integer' }, users: { type: 'array', items: user } },
    },
    answer: json({ total: 0, users: [] }),
    outcome: 'pass',
    says: /2 of 2 properties validated \(empty: \/users\)$/,
  },
  {
    name: 'an object without properties, answered with some',
    schema: { type: 'object' },
    answer: json({ id: 1, name: 'Ann' }),
    outcome: 'unknown',
    says: /0 of 2 properties validated \(not in the schema: \/id, \/name\): the schema looks at nothing/,
  },
  {
    name: 'an object without properties, answered with none',
    schema: { type: 'object' },
    answer: json({}),
    outcome: 'unknown',
    says: /0 properties validated, the answer is an empty object$/,
  },
  {
    name: 'an object that must be empty',
    schema: { type: 'object', additionalProperties: false },
    answer: json({}),
    outcome: 'pass',
    says: /the answer is an empty object and must be$/,
  },
  {
    name: 'the schema true',
    schema: true,
    answer: json({ id: 1 }),
    outcome: 'unknown',
    says: /an empty schema is declared for 200/,
  },
  {
    name: 'a value of no enum',
    schema: { type: 'object', properties: { role: { type: 'string', enum: ['user', 'admin'] } } },
    answer: json({ role: 'root' }),
    outcome: 'fail',
    says: /\/role must be equal to one of the allowed values \(\["user","admin"\]\)/,
  },
  {
    name: 'an empty schema',
    schema: {},
    answer: json({ id: 1 }),
    outcome: 'unknown',
    says: /an empty schema is declared for 200/,
  },
  {
    name: 'a schema that only describes',
    schema: { description: 'whatever', allOf: [{}] },
    answer: json(1),
    outcome: 'unknown',
    says: /nothing of the body was validated/,
  },
  {
    name: 'no schema for text',
    document: at(ok({ 'text/plain': {} })),
    answer: raw('text/plain', 'x'),
    outcome: 'unknown',
    says: /no schema is declared for 200 text\/plain/,
  },
  {
    name: 'no content declared, a body sent',
    document: at({ responses: { 200: { description: 'ok' } } }),
    answer: json({}),
    outcome: 'unknown',
    says: /2 bytes of body, and no content is declared/,
  },
  {
    name: 'no content declared, none sent',
    document: at({ responses: { 204: { description: 'ok' } } }),
    answer: (_, response) => response.writeHead(204).end(),
    outcome: 'pass',
    says: /without a body/,
  },
  {
    name: 'a handler that goes round the serializer',
    schema: user,
    answer: raw('application/json', '{"id":1,"name":"Ann","passwordHash":"x"}'),
    outcome: 'fail',
    says: /additional properties \(passwordHash\)/,
  },
  {
    name: 'JSON that is cut off',
    schema: user,
    answer: raw('application/json', '{"id":1,'),
    outcome: 'fail',
    says: /the body is no JSON/,
  },
  {
    name: 'an empty body',
    schema: user,
    answer: raw('application/json', ''),
    outcome: 'fail',
    says: /an empty body where application\/json is declared/,
  },
  {
    name: 'a writeOnly property left out',
    schema: {
      type: 'object',
      required: ['id', 'password'],
      properties: { id: { type: 'integer' }, password: { type: 'string', writeOnly: true } },
    },
    answer: json({ id: 1 }),
    outcome: 'pass',
    says: /1 of 1/,
  },
  {
    name: 'a reference through a response and a schema',
    document: at(
      { responses: { 200: { $ref: '#/components/responses/User' } } },
      {
        components: {
          schemas: { User: user },
          responses: {
            User: {
              description: 'u',
              content: { 'application/json': { schema: { $ref: '#/components/schemas/User' } } },
            },
          },
        },
      },
    ),
    answer: json({ id: 1, name: 2 }),
    outcome: 'fail',
    says: /\/name must be string/,
  },
];

const statuses: Case[] = [
  {
    name: 'an undeclared status',
    schema: user,
    answer: json({ ok: true }, 201),
    outcome: 'fail',
    says: /status 201 is not declared \(declared: 200\)/,
  },
  {
    name: 'a class of statuses',
    document: withStatuses('2XX'),
    answer: json({ ok: true }, 201),
    outcome: 'pass',
    says: /answered 201/,
  },
  {
    name: 'only default',
    document: withStatuses('default'),
    answer: json({ ok: true }, 200),
    outcome: 'pass',
    says: /status 200 is declared only by default/,
  },
  {
    name: 'a 500 that is declared',
    document: withStatuses('200', '500'),
    answer: json({ error: 'x' }, 500),
    outcome: 'fail',
    says: /a server error: \{"error":"x"\}/,
  },
  {
    name: 'a 500 under default',
    document: withStatuses('default'),
    answer: json({ ok: true }, 500),
    outcome: 'fail',
    says: /a server error/,
  },
  {
    name: 'a 503 that is configured',
    document: withStatuses('503'),
    routes: { calls: { 'GET /a': { expect: 503 } } },
    answer: json({ ok: true }, 503),
    outcome: 'pass',
    says: /answered 503/,
  },
  {
    name: 'another status than configured',
    document: withStatuses('200', '202'),
    routes: { calls: { 'GET /a': { expect: 202 } } },
    answer: json({ ok: true }),
    outcome: 'fail',
    says: /expected 202 as configured/,
  },
  {
    name: 'a configured status that is not declared',
    document: withStatuses('200'),
    routes: { calls: { 'GET /a': { expect: 202 } } },
    answer: json({ ok: true }, 202),
    outcome: 'fail',
    says: /status 202 is not declared/,
  },
  {
    name: 'a refusal without an identity',
    document: withStatuses('200', '401'),
    answer: json({ ok: true }, 401),
    outcome: 'pass',
    says: /no identity is configured, so only the refusal was seen/,
  },
  {
    name: 'a refusal with an identity',
    document: withStatuses('200', '403'),
    routes: { calls: { 'GET /a': { headers: { authorization: 'Bearer x' } } } },
    answer: json({ ok: true }, 403),
    outcome: 'pass',
    says: /only this refusal was seen/,
  },
  {
    name: 'a declared 404 on a fixed path',
    document: withStatuses('200', '404'),
    answer: json({ ok: true }, 404),
    outcome: 'unknown',
    says: /a missing route cannot be told from a missing thing/,
  },
  {
    name: 'a configured 404 on a fixed path',
    document: withStatuses('200', '404'),
    routes: { calls: { 'GET /a': { expect: 404 } } },
    answer: json({ ok: true }, 404),
    outcome: 'pass',
    says: /answered 404/,
  },
  {
    name: 'a redirect that is declared',
    document: at({ responses: { 302: { description: 'away' } } }),
    answer: (_, response) => response.writeHead(302, { location: '/b' }).end('Found'),
    outcome: 'pass',
    says: /a redirect/,
  },
  {
    name: 'a 204 with declared content',
    document: withStatuses('204'),
    answer: (_, response) => response.writeHead(204).end(),
    outcome: 'fail',
    says: /204 never has a body/,
  },
  {
    name: 'not called on purpose',
    schema: user,
    routes: { notCalled: { 'GET /a': 'it ends the service' } },
    answer: json({ ok: true }),
    outcome: 'skip',
    says: /is not called: it ends the service/,
  },
];

const types: Case[] = [
  {
    name: 'an undeclared content type',
    schema: user,
    answer: raw('text/html', '<p>hi</p>'),
    outcome: 'fail',
    says: /content type text\/html is not declared \(declared: application\/json\)/,
  },
  {
    name: 'no content type',
    schema: user,
    answer: (_, response) => response.end('{}'),
    outcome: 'fail',
    says: /no content type was sent/,
  },
  {
    name: 'parameters of a content type',
    schema: user,
    answer: raw('Application/JSON; charset=utf-8', '{"id":1,"name":"Ann"}'),
    outcome: 'pass',
    says: /2 of 2/,
  },
  {
    name: 'a range of content types',
    document: at(ok({ 'text/*': { schema: { type: 'string', minLength: 2 } } })),
    answer: raw('text/plain', 'ok'),
    outcome: 'pass',
    says: /2 characters of text/,
  },
  {
    name: 'text that is too short',
    document: at(ok({ 'text/plain': { schema: { type: 'string', minLength: 3 } } })),
    answer: raw('text/plain', 'ok'),
    outcome: 'fail',
    says: /must NOT have fewer than 3 characters/,
  },
  {
    name: 'a problem document',
    document: at(ok({ 'application/problem+json': { schema: user } })),
    answer: raw('application/problem+json', '{"id":"x"}'),
    outcome: 'fail',
    says: /must be integer/,
  },
  {
    name: 'bytes',
    document: at(ok({ 'image/png': { schema: { type: 'string', format: 'binary' } } })),
    answer: (_, response) =>
      response.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.from([0x89, 0, 1])),
    outcome: 'pass',
    says: /3 bytes that are not text/,
  },
  {
    name: 'XML with an object schema',
    document: at(ok({ 'application/xml': { schema: user } })),
    answer: raw('application/xml', '<a/>'),
    outcome: 'unknown',
    says: /application\/xml is not taken apart/,
  },
];

const streamDocument = (schema: unknown) => at(ok({ 'text/event-stream': { schema } }));
const stream =
  (first: string): RequestListener =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (first === '') response.flushHeaders();
    else response.write(first);
  };

const streams: Case[] = [
  {
    name: 'an event stream',
    document: streamDocument({ type: 'string' }),
    answer: stream('event: tick\ndata: 1\n\n'),
    outcome: 'pass',
    says: /began with: event: tick/,
  },
  {
    name: 'a silent event stream',
    document: streamDocument({ type: 'string' }),
    answer: stream(''),
    outcome: 'unknown',
    says: /sent nothing while it was watched/,
  },
  {
    name: 'an event stream that is none',
    document: streamDocument({ type: 'string' }),
    answer: stream('{"tick":1}\n'),
    outcome: 'fail',
    says: /no line of an event stream/,
  },
  {
    name: 'an event stream without a schema',
    document: streamDocument({}),
    answer: stream('data: 1\n\n'),
    outcome: 'unknown',
    says: /an empty schema/,
  },
  {
    name: 'an event stream with the schema of its events',
    document: streamDocument(user),
    answer: stream('data: 1\n\n'),
    outcome: 'unknown',
    says: /its schema describes no text/,
  },
  {
    name: 'a stream where JSON is declared',
    schema: user,
    answer: stream('data: 1\n\n'),
    outcome: 'fail',
    says: /content type text\/event-stream is not declared/,
  },
];

const silences: Case[] = [
  {
    name: 'no answer at all',
    schema: user,
    answer: () => undefined,
    outcome: 'fail',
    says: /GET \/a was not answered: no answer within 5000 ms/,
  },
  {
    name: 'a body without an end',
    schema: user,
    answer: (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
    outcome: 'fail',
    says: /the body did not end: no answer within 5000 ms/,
  },
  {
    name: 'a reset',
    schema: user,
    answer: (request) => request.socket.resetAndDestroy(),
    outcome: 'fail',
    says: /was not answered: ECONNRESET/,
  },
  {
    name: 'a body that is too long',
    schema: { type: 'string' },
    answer: json('x'.repeat(1_100_000)),
    outcome: 'unknown',
    says: /longer than the 1048576 characters that are read/,
  },
];

const deep = '['.repeat(100_000) + ']'.repeat(100_000);
silences.push(
  {
    name: 'a header that cannot be sent',
    schema: user,
    routes: { calls: { 'GET /a': { headers: { 'x-a': 'a\nb' } } } },
    answer: json({}),
    outcome: 'unknown',
    says: /could not be sent/,
  },
  {
    name: 'a judge that crashes',
    schema: { $ref: '#/components/schemas/Deep' },
    document: at(json200({ $ref: '#/components/schemas/Deep' }), {
      components: { schemas: { Deep: { type: 'array', items: { $ref: '#/components/schemas/Deep' } } } },
    }),
    answer: raw('application/json', deep),
    outcome: 'unknown',
    says: /judging it crashed: Maximum call stack/,
  },
  {
    name: 'a body that is compressed unasked',
    schema: user,
    answer: (_, response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end('??'),
    outcome: 'unknown',
    says: /encoded as gzip, unasked/,
  },
);

const nullable30 = (schema: unknown, more: JsonObject = {}) =>
  at(json200(schema), { openapi: '3.0.3', ...more });
const dialects: Case[] = [
  {
    name: '3.0: null where nullable',
    document: nullable30({ type: 'object', properties: { a: { type: 'string', nullable: true } } }),
    answer: json({ a: null }),
    outcome: 'pass',
    says: /1 of 1/,
  },
  {
    name: '3.0: null where not nullable',
    document: nullable30({ type: 'object', properties: { a: { type: 'string' } } }),
    answer: json({ a: null }),
    outcome: 'fail',
    says: /\/a must be string/,
  },
  {
    name: '3.0: a number where nullable text',
    document: nullable30({ type: 'string', nullable: true }),
    answer: json(1),
    outcome: 'fail',
    says: /must be string,null/,
  },
  {
    name: '3.0: null of a nullable reference',
    document: nullable30(
      { nullable: true, allOf: [{ $ref: '#/components/schemas/User' }] },
      { components: { schemas: { User: user } } },
    ),
    answer: json(null),
    outcome: 'pass',
    says: /the answer is null/,
  },
  {
    name: '3.0: null of a nullable enum',
    document: nullable30({ type: 'string', nullable: true, enum: ['a'] }),
    answer: json(null),
    outcome: 'pass',
    says: /null/,
  },
  {
    name: '3.0: an exclusive limit as a flag',
    document: nullable30({ type: 'number', minimum: 1, exclusiveMinimum: true }),
    answer: json(1),
    outcome: 'fail',
    says: /must be > 1/,
  },
  {
    name: '3.0: a property named nullable',
    document: nullable30({ type: 'object', properties: { nullable: { type: 'boolean' } } }),
    answer: json({ nullable: 1 }),
    outcome: 'fail',
    says: /\/nullable must be boolean/,
  },
  {
    name: '3.1: null in a list of types',
    schema: { type: ['string', 'null'] },
    answer: json(null),
    outcome: 'pass',
    says: /null/,
  },
  {
    name: '3.1: an example that looks like a schema',
    document: at(
      ok({ 'application/json': { schema: user, example: { $anchor: 'no anchor!', id: 1, name: 'b' } } }),
    ),
    answer: json({ id: 1, name: 'Ann' }),
    outcome: 'pass',
    says: /2 of 2/,
  },
];

const cases = [...shapes, ...statuses, ...types, ...streams, ...silences, ...dialects];

test.concurrent.each(cases)('$outcome: $name', async (one) => {
  const verdict = await judgeCase(one);
  expect(verdict.message).toMatch(one.says);
  expect(verdict.outcome).toBe(one.outcome);
  expect(verdict.subject).toBe('GET /a');
  expect(verdict.evidence).toEqual(['stages/routes/calls.ndjson']);
  expect(verdict.fix === undefined).toBe(one.outcome === 'pass' || one.outcome === 'skip');
});

test('a schema that cannot be used fails in the document and leaves the answer unknown', async () => {
  const { verdicts } = await judgeServer(at(json200({ type: 'string', pattern: '(' })), json('x'));
  expect(onlyVerdict(verdicts, 'document-valid').outcome).toBe('fail');
  expect(onlyVerdict(verdicts, 'answers-as-declared').outcome).toBe('unknown');
  expect(onlyVerdict(verdicts, 'answers-as-declared').message).toContain('the schema of 200 cannot be used');
});

test('a dangling reference fails in the document and leaves the answer unknown', async () => {
  const { verdicts } = await judgeServer(at(json200({ $ref: '#/components/schemas/Gone' })), json('x'));
  expect(onlyVerdict(verdicts, 'document-valid').message).toContain(
    "Can't resolve #/components/schemas/Gone",
  );
  expect(onlyVerdict(verdicts, 'answers-as-declared').outcome).toBe('unknown');
});

test('a silent event stream is left before the time for a call is over', async () => {
  const { verdicts } = await judgeServer(streamDocument({ type: 'string' }), stream(''));
  const { durationMs } = onlyVerdict(verdicts, 'answers-as-declared');
  expect(durationMs).toBeGreaterThan(2_900);
  expect(durationMs).toBeLessThan(4_900);
});
