import { expect, test } from 'vitest';
import { buildCall } from './calls.ts';
import type { CallConfig } from './calls.ts';
import { documentWith, json200 } from './fixtures/judge-server.ts';
import { listOperations } from './openapi.ts';
import type { JsonObject } from './openapi.ts';
import { createSchemaValidator } from './schema-validator.ts';

const BASE = 'http://127.0.0.1:20000';

function build(
  path: string,
  method: string,
  definition: JsonObject,
  call?: CallConfig,
  more: JsonObject = {},
) {
  const document = documentWith({ [path]: { [method]: json200({ type: 'string' }, definition) } }, more);
  const operation = listOperations(document)[0];
  if (operation === undefined) throw new Error('the fixture has no operation');
  return buildCall({
    document,
    validator: createSchemaValidator(document, 'request'),
    operation,
    call,
    baseUrl: BASE,
  });
}

const pathId = (more: JsonObject) => ({ parameters: [{ name: 'id', in: 'path', required: true, ...more }] });
const body = (schema: unknown, more: JsonObject = {}) => ({
  requestBody: { required: true, content: { 'application/json': { schema, ...more } } },
});

test.each([
  ['generated', pathId({ schema: { type: 'integer', minimum: 7 } }), '/u/7', 'generated'],
  [
    'an example',
    pathId({ example: 'a/b', schema: { type: 'string' } }),
    '/u/a%2Fb',
    'from the document (example)',
  ],
  [
    'examples',
    pathId({ examples: { one: { value: 12 } }, schema: { type: 'integer' } }),
    '/u/12',
    'from the document (example)',
  ],
  ['an enum', pathId({ schema: { type: 'string', enum: ['x', 'y'] } }), '/u/x', 'from the document (enum)'],
  ['a default', pathId({ schema: { type: 'string', default: 'd' } }), '/u/d', 'from the document (default)'],
  [
    'a format',
    pathId({ schema: { type: 'string', format: 'uuid' } }),
    '/u/00000000-0000-4000-8000-000000000000',
    'generated',
  ],
  ['a pattern', pathId({ schema: { type: 'string', pattern: '^[A-Z]{3,6}$' } }), '/u/SAMPLE', 'generated'],
])('a path parameter from %s', (_, definition, path, source) => {
  expect(build('/u/{id}', 'get', definition)).toMatchObject({
    built: true,
    request: { method: 'GET', url: `${BASE}${path}` },
    values: `with values ${source}`,
  });
});

test('the configuration goes before the document', () => {
  const call = {
    params: { id: '9' },
    query: { q: 'a b' },
    headers: { authorization: 'Bearer x' },
    body: { a: 1 },
  };
  expect(
    build('/u/{id}', 'post', { ...pathId({ example: 1 }), ...body({ type: 'object' }) }, call),
  ).toMatchObject({
    request: {
      url: `${BASE}/u/9?q=a+b`,
      body: '{"a":1}',
      headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
    },
    values: 'with values configured',
  });
});

test('required query, header and cookie parameters are filled, optional ones are left out', () => {
  const parameters = [
    {
      name: 'page',
      in: 'query',
      required: true,
      schema: { type: 'integer', minimum: 0, exclusiveMinimum: 0 },
    },
    {
      name: 'tag',
      in: 'query',
      required: true,
      schema: { type: 'array', minItems: 2, items: { type: 'string', maxLength: 3 } },
    },
    { name: 'limit', in: 'query', schema: { type: 'integer' } },
    { name: 'X-Trace', in: 'header', required: true, schema: { const: 't' } },
    { name: 'sid', in: 'cookie', required: true, schema: { type: 'boolean' } },
  ];
  expect(build('/u', 'get', { parameters })).toMatchObject({
    request: { url: `${BASE}/u?page=1&tag=sam&tag=sam`, headers: { 'x-trace': 't', cookie: 'sid=true' } },
  });
});

test('a body is the least that its schema accepts', () => {
  const schema = {
    allOf: [
      { $ref: '#/components/schemas/Credentials' },
      {
        type: 'object',
        required: ['kind'],
        properties: { kind: { oneOf: [{ const: 'k' }, { type: 'null' }] } },
      },
    ],
  };
  const components = {
    schemas: {
      Credentials: {
        type: 'object',
        required: ['email', 'password', 'id'],
        properties: {
          id: { type: 'integer', readOnly: true },
          email: { type: 'string', format: 'email' },
          password: { type: 'string', minLength: 12 },
          note: { type: 'string' },
        },
      },
    },
  };
  const built = build('/u', 'post', body(schema), undefined, { components });
  expect(built).toMatchObject({ built: true });
  if (built.built)
    expect(JSON.parse(built.request.body ?? '')).toEqual({
      kind: 'k',
      email: 'person@example.com',
      password: 'samplexxxxxx',
    });
});

test('a form is sent as a form, an optional body not at all', () => {
  const schema = { type: 'object', required: ['a'], properties: { a: { type: 'string' } } };
  const form = {
    requestBody: { required: true, content: { 'application/x-www-form-urlencoded': { schema } } },
  };
  expect(build('/u', 'post', form)).toMatchObject({ request: { body: 'a=sample' } });
  const optional = build('/u', 'post', { requestBody: { content: { 'application/json': { schema } } } });
  expect(optional.built && 'body' in optional.request).toBe(false);
});

test('the first server of the document stands before the path', () => {
  const servers = { servers: [{ url: '/api' }] };
  expect(build('/u', 'get', {}, undefined, servers)).toMatchObject({ request: { url: `${BASE}/api/u` } });
});

test.each([
  [
    'an impossible pattern',
    pathId({ schema: { type: 'string', pattern: '^[0-9]{4}-QX$' } }),
    /no value can be generated for path parameter id/,
    /params\.id$/,
  ],
  [
    'limits that exclude each other',
    pathId({ schema: { type: 'integer', minimum: 5, maximum: 1 } }),
    /is not valid: /,
    /params\.id$/,
  ],
  ['no schema', pathId({}), /neither an example nor a schema/, /params\.id$/],
  ['no declaration', {}, /path parameter id is not declared/, /params\.id$/],
  [
    'endless recursion',
    { ...pathId({ example: 1 }), ...body({ $ref: '#/components/schemas/Node' }) },
    /no value can be generated for the application\/json body/,
    /\.body, or/,
  ],
  [
    'a file upload',
    {
      ...pathId({ example: 1 }),
      requestBody: { required: true, content: { 'multipart/form-data': { schema: { type: 'object' } } } },
    },
    /multipart\/form-data cannot be generated/,
    /notCalled/,
  ],
])('%s: no call, and what to configure', (_, definition, reason, fix) => {
  const components = {
    schemas: {
      Node: {
        type: 'object',
        required: ['next'],
        properties: { next: { $ref: '#/components/schemas/Node' } },
      },
    },
  };
  const built = build('/u/{id}', 'post', definition, undefined, { components });
  expect(built.built).toBe(false);
  if (built.built) return;
  expect(built.reason).toMatch(reason);
  expect(built.fix).toMatch(/^set routes\.calls\['POST \/u\/\{id\}'\]/);
  expect(built.fix).toMatch(fix);
});
