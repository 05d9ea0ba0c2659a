/** Health: is the process alive, and should it get traffic. Two questions, and neither asks a dependency. */
import type { FastifyInstance } from 'fastify';
import type { RouteOptions } from '../services.ts';

const PING_SCHEMA = {
  operationId: 'pingHealth',
  tags: ['health'],
  summary: 'Liveness: 200 as long as the process answers at all.',
  response: {
    200: {
      description: 'Alive.',
      type: 'object',
      additionalProperties: false,
      required: ['status'],
      properties: { status: { type: 'string', enum: ['ok'] } },
      examples: [{ status: 'ok' }],
    },
  },
} as const;

const READY_SCHEMA = {
  operationId: 'getReadiness',
  tags: ['health'],
  summary: 'Readiness: 200 when the service may have traffic.',
  response: {
    200: {
      description: 'Started, and not asked to stop.',
      type: 'object',
      additionalProperties: false,
      required: ['status'],
      properties: { status: { type: 'string', enum: ['ready'] } },
      examples: [{ status: 'ready' }],
    },
    503: {
      description: 'Send traffic elsewhere.',
      type: 'object',
      additionalProperties: false,
      required: ['status'],
      properties: { status: { type: 'string', enum: ['starting', 'draining', 'stopped'] } },
      examples: [{ status: 'draining' }],
    },
  },
} as const;

export async function healthRoutes(
  app: FastifyInstance,
  { services: { lifecycle } }: RouteOptions,
): Promise<void> {
  app.get('/ping', { schema: PING_SCHEMA }, async () => ({ status: 'ok' }));

  app.get('/ready', { schema: READY_SCHEMA }, async (_request, reply) => {
    const { phase } = lifecycle;
    reply.code(phase === 'ready' ? 200 : 503);
    return { status: phase };
  });
}
