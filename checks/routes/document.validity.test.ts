import { expect, test } from 'vitest';
import { judgeDocument } from './document.ts';
import { documentWith, json200 } from './fixtures/judge-server.ts';
import type { JsonObject } from './openapi.ts';

const text = { type: 'string' };
const id = { name: 'id', in: 'path', required: true, schema: text };

const faulty: { name: string; document: JsonObject; outcome: string; says: RegExp }[] = [
  {
    name: 'a structure error',
    document: documentWith({ '/a': { get: { responses: { 200: { content: {} } } } } }),
    outcome: 'fail',
    says: /invalid: .*description/,
  },
  { name: 'no info', document: { openapi: '3.0.3', paths: {} }, outcome: 'fail', says: /invalid: .*info/ },
  {
    name: 'a dangling reference',
    document: documentWith({ '/a': { get: json200({ $ref: '#/components/schemas/Gone' }) } }),
    outcome: 'fail',
    says: /Can't resolve #\/components\/schemas\/Gone/,
  },
  {
    name: 'a path parameter that is not declared',
    document: documentWith({ '/a/{id}': { get: json200(text) } }),
    outcome: 'fail',
    says: /GET \/a\/\{id\}: the path has \{id\}, and no path parameter/,
  },
  {
    name: 'a declared path parameter that the path has not',
    document: documentWith({ '/a': { get: json200(text, { parameters: [id] }) } }),
    outcome: 'fail',
    says: /path parameter id is declared, and the path has no \{id\}/,
  },
  {
    name: 'an operationId used twice',
    document: documentWith({
      '/a': { get: json200(text, { operationId: 'read' }), delete: json200(text, { operationId: 'read' }) },
    }),
    outcome: 'fail',
    says: /operationId read is used by 2 operations: GET \/a, DELETE \/a/,
  },
  {
    name: 'an operation without responses',
    document: documentWith({ '/a': { get: { summary: 'silent' } } }),
    outcome: 'fail',
    says: /GET \/a declares no responses/,
  },
  {
    name: 'JSON without a schema',
    document: documentWith({
      '/a': { get: { responses: { 200: { description: 'ok', content: { 'application/json': {} } } } } },
    }),
    outcome: 'fail',
    says: /GET \/a 200 application\/json is declared without a schema/,
  },
  {
    name: 'a type that does not exist',
    document: documentWith({
      '/a': { get: json200({ type: 'object', properties: { a: { type: 'strng' } } }) },
    }),
    outcome: 'fail',
    says: /schema at #\/paths\/~1a\/get\/responses\/200\/content\/application~1json\/schema cannot be used: \/properties\/a\/type/,
  },
  {
    name: 'a pattern that does not compile',
    document: documentWith(
      { '/a': { get: json200({ $ref: '#/components/schemas/P' }) } },
      { components: { schemas: { P: { pattern: '(' } } } },
    ),
    outcome: 'fail',
    says: /schema at #\/components\/schemas\/P cannot be used: .*pattern|regular expression/i,
  },
  {
    name: 'one path under two templates',
    document: documentWith({
      '/a/{id}': { get: json200(text, { parameters: [id] }) },
      '/a/{name}': { post: json200(text, { parameters: [{ ...id, name: 'name' }] }) },
    }),
    outcome: 'fail',
    says: /\/a\/\{id\} and \/a\/\{name\} are one path/,
  },
  {
    name: 'JSON that is something else',
    document: { status: 'ok' },
    outcome: 'fail',
    says: /without an openapi version \(it has status\)/,
  },
  { name: 'Swagger 2', document: { swagger: '2.0' }, outcome: 'unknown', says: /says version "2\.0"/ },
  {
    name: 'OpenAPI 3.2',
    document: { ...documentWith({}), openapi: '3.2.0' },
    outcome: 'unknown',
    says: /says version "3\.2\.0"/,
  },
  { name: 'no operation', document: documentWith({}), outcome: 'unknown', says: /holds no operation/ },
];

test.each(faulty)('$name', async ({ document, outcome, says }) => {
  const findings = await judgeDocument(document, '/openapi.json');
  expect(findings.map((finding) => finding.outcome)).toEqual([outcome]);
  expect(findings[0]?.message).toMatch(says);
  expect(findings[0]?.fix).toBeTruthy();
});

test('several faults are several findings with subjects of their own', async () => {
  const document = documentWith({ '/a/{x}/{y}': { get: json200(text) } });
  const findings = await judgeDocument(document, '/openapi.json');
  expect(findings).toHaveLength(2);
  expect(new Set(findings.map(({ subject }) => subject)).size).toBe(2);
});

test.each(['3.0.3', '3.1.0', '3.1.1'])(
  'a clean %s document passes, references and path-level parameters followed',
  async (openapi) => {
    const document = documentWith(
      {
        '/a/{id}': {
          parameters: [{ $ref: '#/components/parameters/Id' }],
          get: { operationId: 'one', responses: { 200: { $ref: '#/components/responses/Ok' } } },
        },
      },
      {
        openapi,
        components: {
          parameters: { Id: id },
          responses: { Ok: { description: 'ok', content: { 'application/json': { schema: text } } } },
        },
      },
    );
    expect(await judgeDocument(document, '/openapi.json')).toEqual([
      {
        subject: '/openapi.json',
        outcome: 'pass',
        message: `OpenAPI ${openapi} document is valid: 1 operation, no empty schemas`,
      },
    ]);
  },
);
