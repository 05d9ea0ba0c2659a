/** Realtime: what happens, as it happens, as server-sent events. */
import type { FastifyInstance } from 'fastify';
import { EventStream } from '../event-stream.ts';
import { requireUser, viewerOf } from '../guards.ts';
import { HttpProblem, problemResponses, switchedOn } from '../problems.ts';
import type { RouteOptions } from '../services.ts';
import type { SchemaTypes } from './schema-types.ts';

const LAST_EVENT_ID = {
  type: 'string',
  maxLength: 32,
  description:
    'Go on after this event. When it is not known, or too long ago, the first event is `reset`: read the state anew.',
} as const;

const EVENTS_SCHEMA = {
  operationId: 'streamEvents',
  tags: ['realtime'],
  security: [{ bearer: [] }],
  summary:
    'Your events and those for everybody; an admin sees all. Ended by the event `end` when the service stops.',
  headers: { type: 'object', properties: { 'last-event-id': LAST_EVENT_ID } },
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      lastEventId: { ...LAST_EVENT_ID, description: 'The same, for clients that set no headers.' },
    },
  },
  response: {
    200: {
      description: 'The stream; it stays open.',
      content: {
        'text/event-stream': {
          schema: {
            type: 'string',
            minLength: 1,
            examples: [
              'retry: 2000\nid: 41\n: open\n\nid: 42\nevent: order.filled\ndata: {"id":7,"botId":1}\n\n',
            ],
          },
        },
      },
    },
    ...problemResponses(400, 401, 500, 503),
  },
} as const;

export async function realtimeRoutes(plain: FastifyInstance, { services }: RouteOptions): Promise<void> {
  const app = plain.withTypeProvider<SchemaTypes>();
  const { accounts, events, features, lifecycle, maxEventStreams } = services;
  app.addHook('onRequest', requireUser(accounts));

  app.get('/events', { schema: EVENTS_SCHEMA }, async (request, reply) => {
    switchedOn(features.realtime || undefined, 'realtime');
    if (events.watcherCount >= maxEventStreams)
      throw new HttpProblem(
        503,
        `${maxEventStreams} event streams are open, the most there may be; try later`,
      );
    const stream = new EventStream({
      response: reply.raw,
      viewer: viewerOf(request),
      events,
      log: services.log,
    });
    stream.open(request.headers['last-event-id'] ?? request.query.lastEventId);
    // From here on the answer is the stream's.
    reply.hijack();
    // A browser that is refused a stream never asks for it again; one that ends is opened anew, at the next process.
    if (lifecycle.phase === 'draining' || lifecycle.phase === 'stopped')
      stream.end('the service stops; connect again');
  });
}
