/** Frameworks build serializers from the schemas that they declare; handlers that go round them hide nothing here. */
import type { RequestListener, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import fastify from 'fastify';
import type { FastifyReply } from 'fastify';
import { expect, test } from 'vitest';
import { documentWith, json200, judgeServer, onlyVerdict } from './fixtures/judge-server.ts';

const bot = {
  type: 'object',
  required: ['id', 'name', 'stage'],
  additionalProperties: false,
  properties: {
    id: { type: 'integer' },
    name: { type: 'string' },
    stage: { type: 'string', enum: ['candidate', 'promoted'] },
  },
};
const document = documentWith({ '/bot': { get: json200(bot) } });

/** Ways of sending JSON text that no serializer sees. */
const WAYS: Record<string, (reply: FastifyReply, text: string) => unknown> = {
  'reply.hijack and reply.raw': (reply, text) => {
    reply.hijack();
    return reply.raw.writeHead(200, { 'content-type': 'application/json' }).end(text);
  },
  'reply.raw alone': (reply, text) => {
    reply.raw.writeHead(200, { 'content-type': 'application/json' }).end(text);
    return reply;
  },
  'reply.serializer': (reply, text) =>
    reply
      .type('application/json')
      .serializer(() => text)
      .send({}),
  'a string': (reply, text) => reply.type('application/json').send(text),
  'a buffer': (reply, text) => reply.type('application/json').send(Buffer.from(text)),
};

/** A fastify app that declares the schema for its serializer, as an app would. */
async function fastifyServing(send: (reply: FastifyReply) => unknown): Promise<RequestListener> {
  const app = fastify();
  app.get('/bot', { schema: { response: { '2xx': bot } } }, (_, reply) => void send(reply));
  await app.ready();
  return (request, response) => app.routing(request, response);
}

const good = { id: 1, name: 'grid', stage: 'candidate' };
const MISMATCHES: [string, unknown, RegExp][] = [
  ['a missing property', { id: 1, name: 'grid' }, /must have required property 'stage'/],
  ['a wrong type', { ...good, id: '1' }, /\/id must be integer/],
  ['an extra property', { ...good, apiSecret: 'x' }, /additional properties \(apiSecret\)/],
  ['a wrong enum', { ...good, stage: 'demoted' }, /\/stage must be equal to one of the allowed values/],
  ['null', null, /must be object/],
  ['a list', [good], /must be object/],
];

const ways = Object.entries(WAYS);

test.each(ways)('fastify, %s: every mismatch is found', async (_, send) => {
  for (const [, value, says] of MISMATCHES) {
    const listener = await fastifyServing((reply) => send(reply, JSON.stringify(value)));
    const verdict = onlyVerdict((await judgeServer(document, listener)).verdicts, 'answers-as-declared');
    expect(verdict).toMatchObject({ outcome: 'fail' });
    expect(verdict.message).toMatch(says);
  }
  const listener = await fastifyServing((reply) => send(reply, JSON.stringify(good)));
  const verdict = onlyVerdict((await judgeServer(document, listener)).verdicts, 'answers-as-declared');
  expect(verdict).toMatchObject({ outcome: 'pass' });
  expect(verdict.message).toContain('3 of 3 properties validated');
});

test('fastify: its serializer hides an extra property, which is why the others are tried', async () => {
  const listener = await fastifyServing((reply) => reply.send({ ...good, apiSecret: 'x' }));
  const { verdicts, record } = await judgeServer(document, listener);
  expect(onlyVerdict(verdicts, 'answers-as-declared').outcome).toBe('pass');
  expect(record).not.toContain('apiSecret');
});

test('fastify: a status that is not declared, and a content type that is not', async () => {
  const created = await fastifyServing((reply) => reply.code(201).send(good));
  const html = await fastifyServing((reply) => reply.type('text/html').send('<p>bot</p>'));
  const undeclared = await judgeServer(document, created);
  expect(onlyVerdict(undeclared.verdicts, 'answers-as-declared').message).toContain(
    'status 201 is not declared',
  );
  const untyped = await judgeServer(document, html);
  expect(onlyVerdict(untyped.verdicts, 'answers-as-declared').message).toContain(
    'content type text/html is not declared',
  );
});

/** As much of express as is used here; it comes without types. */
interface ExpressApp extends RequestListener {
  get(
    path: string,
    handler: (request: unknown, response: ServerResponse & { json(value: unknown): void }) => void,
  ): void;
}
const express = createRequire(import.meta.url)('express') as () => ExpressApp;

test('express, without any serializer: every mismatch is found', async () => {
  for (const [, value, says] of [...MISMATCHES, ['sound', good, /3 of 3 properties validated/] as const]) {
    const app = express();
    app.get('/bot', (_, response) => response.json(value));
    const verdict = onlyVerdict((await judgeServer(document, app)).verdicts, 'answers-as-declared');
    expect(verdict.message).toMatch(says);
    expect(verdict.outcome).toBe(value === good ? 'pass' : 'fail');
  }
});
