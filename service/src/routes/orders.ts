/** Orders and positions, by bot and over all bots that the viewer may see. */
import type { FastifyInstance } from 'fastify';
import { audited } from '../audit.ts';
import { requireUser, viewerOf } from '../guards.ts';
import { problemResponses, switchedOn } from '../problems.ts';
import type { RouteOptions } from '../services.ts';
import { botParams, ownOnly, visibleBot } from './bots.ts';
import { idSchema, limitSchema, listOf, pageSchema } from './paging.ts';
import type { SchemaTypes } from './schema-types.ts';
import { requestedAmountSchema } from './trading-schemas.ts';

const SECURED = { tags: ['orders'], security: [{ bearer: [] }] } as const;

const LIST_SCHEMA = {
  ...SECURED,
  operationId: 'listOrders',
  summary: 'The orders of all bots that you may see, the newest first.',
  querystring: pageSchema,
  response: {
    200: listOf('orders', { $ref: 'Order#' } as const, 'The orders.'),
    ...problemResponses(400, 401, 500, 503),
  },
} as const;

const LIST_OF_BOT_SCHEMA = {
  ...SECURED,
  operationId: 'listOrdersOfBot',
  summary: 'The orders of one bot, the newest first.',
  params: botParams,
  querystring: pageSchema,
  response: {
    200: listOf('orders', { $ref: 'Order#' } as const, 'The orders.'),
    ...problemResponses(400, 401, 404, 500, 503),
  },
} as const;

const PLACE_SCHEMA = {
  ...SECURED,
  operationId: 'placeOrder',
  summary:
    'Places an order. With a clientOrderId that the bot has used, the answer is the order of that time.',
  params: botParams,
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['side', 'type', 'quantity'],
    properties: {
      side: { type: 'string', enum: ['buy', 'sell'] },
      type: { type: 'string', enum: ['market', 'limit'] },
      quantity: { ...requestedAmountSchema, description: 'In the base currency.' },
      limitPrice: { ...requestedAmountSchema, description: 'Of limit orders only.' },
      clientOrderId: { type: 'string', minLength: 1, maxLength: 64, pattern: '^[\\w.:-]+$' },
    },
    examples: [{ side: 'buy', type: 'market', quantity: '0.01', clientOrderId: 'my-first-order' }],
  },
  response: { 201: { $ref: 'Order#' }, ...problemResponses(400, 401, 404, 409, 413, 415, 500, 503) },
} as const;

const CANCEL_SCHEMA = {
  ...SECURED,
  operationId: 'cancelOrder',
  summary: 'Cancels an open order.',
  params: {
    type: 'object',
    required: ['botId', 'orderId'],
    properties: { ...botParams.properties, orderId: { ...idSchema, examples: [1] } },
  },
  response: { 200: { $ref: 'Order#' }, ...problemResponses(400, 401, 404, 409, 500, 503) },
} as const;

const POSITIONS_SCHEMA = {
  ...SECURED,
  operationId: 'listPositions',
  summary: 'What the bots that you may see hold, the newest bot first.',
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      limit: limitSchema,
      before: { ...idSchema, description: 'Only those of bots with a smaller id.' },
    },
  },
  response: {
    200: listOf('positions', { $ref: 'Position#' } as const, 'The positions.'),
    ...problemResponses(400, 401, 500, 503),
  },
} as const;

export async function orderRoutes(plain: FastifyInstance, { services }: RouteOptions): Promise<void> {
  const app = plain.withTypeProvider<SchemaTypes>();
  const { accounts, database } = services;
  const desk = () => switchedOn(services.trading, 'trading');
  app.addHook('onRequest', requireUser(accounts));

  app.get('/orders', { schema: LIST_SCHEMA }, async (request) => ({
    orders: desk().orders({ ...ownOnly(viewerOf(request)), ...request.query }),
  }));

  app.get('/positions', { schema: POSITIONS_SCHEMA }, async (request) => {
    const { limit, before = Infinity } = request.query;
    const positions = desk().positions(ownOnly(viewerOf(request)));
    const newestFirst = positions.toSorted((a, b) => b.botId - a.botId);
    return { positions: newestFirst.filter(({ botId }) => botId < before).slice(0, limit) };
  });

  app.get('/bots/:botId/orders', { schema: LIST_OF_BOT_SCHEMA }, async (request) => {
    const trading = desk();
    const { id } = visibleBot(trading, viewerOf(request), request.params.botId);
    return { orders: trading.orders({ botId: id, ...request.query }) };
  });

  app.post('/bots/:botId/orders', { schema: PLACE_SCHEMA }, async (request, reply) => {
    const viewer = viewerOf(request);
    const trading = desk();
    const { id: botId } = visibleBot(trading, viewer, request.params.botId);
    const order = audited(
      database,
      viewer,
      () => trading.placeOrder(botId, request.body, 'user'),
      ({ id }) => ({ action: 'order.place', subject: `order:${id}`, details: { botId, ...request.body } }),
    );
    return reply.code(201).send(order);
  });

  app.delete('/bots/:botId/orders/:orderId', { schema: CANCEL_SCHEMA }, async (request) => {
    const viewer = viewerOf(request);
    const trading = desk();
    const { id: botId } = visibleBot(trading, viewer, request.params.botId);
    return audited(
      database,
      viewer,
      () => trading.cancelOrder(botId, request.params.orderId),
      ({ id }) => ({ action: 'order.cancel', subject: `order:${id}`, details: { botId } }),
    );
  });
}
