/** The OpenAPI document, made from the schemas of the routes themselves. */
import type { FastifyInstance } from 'fastify';

const text = { type: 'string', minLength: 1 } as const;

const DOCUMENT_SCHEMA = {
  operationId: 'getOpenApiDocument',
  tags: ['meta'],
  summary: 'This document, in OpenAPI 3.1.',
  response: {
    200: {
      description: 'The document.',
      type: 'object',
      required: ['openapi', 'info', 'servers', 'tags', 'paths', 'components'],
      additionalProperties: false,
      properties: {
        openapi: { type: 'string', pattern: '^3\\.1\\.\\d+$' },
        info: {
          type: 'object',
          required: ['title', 'version'],
          properties: { title: text, version: text, description: text },
        },
        servers: { type: 'array', items: { type: 'object', required: ['url'], properties: { url: text } } },
        tags: {
          type: 'array',
          items: { type: 'object', required: ['name'], properties: { name: text, description: text } },
        },
        paths: { type: 'object', minProperties: 1, additionalProperties: { type: 'object' } },
        components: { type: 'object', additionalProperties: { type: 'object' } },
      },
    },
  },
} as const;

export async function documentRoute(app: FastifyInstance): Promise<void> {
  let document: string | undefined;
  app.get('/openapi.json', { schema: DOCUMENT_SCHEMA }, async (_request, reply) => {
    document ??= JSON.stringify(app.swagger());
    // As text: the response schema is a description here, not a filter.
    return reply.type('application/json; charset=utf-8').send(document);
  });
}
