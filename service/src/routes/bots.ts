/** Bots: each user sees his own, an admin sees all. Somebody else's is answered as if it were not there. */
import type { FastifyInstance } from 'fastify';
import { audited } from '../audit.ts';
import { requireUser, viewerOf, type Viewer } from '../guards.ts';
import { HttpProblem, problemResponses, switchedOn } from '../problems.ts';
import type { RouteOptions, Services } from '../services.ts';
import { TradingProblem, type Bot } from '../trading/model.ts';
import type { Trading } from '../trading/trading.ts';
import { idSchema, listOf, pageOf, pageSchema } from './paging.ts';
import type { SchemaTypes } from './schema-types.ts';
import * as fields from './trading-schemas.ts';

const SECURED = { tags: ['bots'], security: [{ bearer: [] }] } as const;

export const botParams = {
  type: 'object',
  required: ['botId'],
  properties: { botId: { ...idSchema, examples: [1] } },
} as const;

const LIST_SCHEMA = {
  ...SECURED,
  operationId: 'listBots',
  summary: 'The bots that you may see, the newest first.',
  querystring: pageSchema,
  response: {
    200: listOf('bots', { $ref: 'Bot#' } as const, 'The bots.'),
    ...problemResponses(400, 401, 500, 503),
  },
} as const;

const CREATE_SCHEMA = {
  ...SECURED,
  operationId: 'createBot',
  summary: 'A new bot with a deposit of paper money. It trades from now on.',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'exchange', 'symbol', 'strategy', 'startingBalance'],
    properties: {
      name: { ...fields.nameSchema, description: 'Yours alone: no two of your bots share one.' },
      exchange: fields.exchangeSchema,
      symbol: fields.symbolSchema,
      strategy: fields.botSchema.properties.strategy,
      startingBalance: { ...fields.requestedAmountSchema, description: 'In the quote currency.' },
      targetShare: {
        ...fields.shareSchema,
        description: 'The share of its value that it holds in the base currency when it is invested.',
      },
    },
    examples: [
      {
        name: 'first steps',
        exchange: 'binance',
        symbol: 'BTC/USDT',
        strategy: 'momentum',
        startingBalance: '10000',
      },
    ],
  },
  response: { 201: { $ref: 'Bot#' }, ...problemResponses(400, 401, 409, 413, 415, 500, 503) },
} as const;

const GET_SCHEMA = {
  ...SECURED,
  operationId: 'getBot',
  summary: 'One bot.',
  params: botParams,
  response: { 200: { $ref: 'Bot#' }, ...problemResponses(400, 401, 404, 500, 503) },
} as const;

const CHANGE_SCHEMA = {
  ...SECURED,
  operationId: 'changeBot',
  summary: 'Pauses a bot, lets it run again, or renames it.',
  params: botParams,
  body: {
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    properties: {
      status: { type: 'string', enum: ['running', 'paused'] },
      name: fields.nameSchema,
    },
    examples: [{ status: 'paused' }],
  },
  response: { 200: { $ref: 'Bot#' }, ...problemResponses(400, 401, 404, 409, 413, 415, 500, 503) },
} as const;

const LEDGER_SCHEMA = {
  ...SECURED,
  operationId: 'listLedger',
  summary: 'The bookings of a bot, the newest first.',
  params: botParams,
  querystring: pageSchema,
  response: {
    200: listOf('transactions', { $ref: 'LedgerTransaction#' } as const, 'The bookings.'),
    ...problemResponses(400, 401, 404, 500, 503),
  },
} as const;

export async function botRoutes(plain: FastifyInstance, { services }: RouteOptions): Promise<void> {
  const app = plain.withTypeProvider<SchemaTypes>();
  const { accounts, database } = services;
  const desk = () => switchedOn(services.trading, 'trading');
  app.addHook('onRequest', requireUser(accounts));

  app.get('', { schema: LIST_SCHEMA }, async (request) => {
    const bots = desk().bots(ownOnly(viewerOf(request)));
    return { bots: pageOf(bots, request.query) };
  });

  app.post('', { schema: CREATE_SCHEMA }, async (request, reply) => {
    const viewer = viewerOf(request);
    const trading = desk();
    const bot = audited(
      database,
      viewer,
      () => trading.createBot(viewer.userId, request.body),
      ({ id, name }) => ({ action: 'bot.create', subject: `bot:${id}`, details: { name } }),
    );
    return reply.code(201).send(bot);
  });

  app.get('/:botId', { schema: GET_SCHEMA }, async (request) =>
    visibleBot(desk(), viewerOf(request), request.params.botId),
  );

  app.patch('/:botId', { schema: CHANGE_SCHEMA }, async (request) => {
    const viewer = viewerOf(request);
    const trading = desk();
    return audited(
      database,
      viewer,
      () => {
        const bot = visibleBot(trading, viewer, request.params.botId);
        if (bot.status === 'stopped' && request.body.status !== undefined && !viewer.isAdmin)
          throw new HttpProblem(409, `it was stopped (${bot.statusReason}); only an admin lets it run again`);
        return changeBot(services, trading, bot, request.body);
      },
      ({ id }) => ({ action: 'bot.change', subject: `bot:${id}`, details: request.body }),
    );
  });

  app.get('/:botId/ledger', { schema: LEDGER_SCHEMA }, async (request) => {
    const trading = desk();
    const { id } = visibleBot(trading, viewerOf(request), request.params.botId);
    return { transactions: trading.ledger(id, request.query) };
  });
}

/** What an admin sees is everything, what a user sees is his. */
export function ownOnly({ isAdmin, userId }: Viewer): { userId?: number } {
  return isAdmin ? {} : { userId };
}

/** The bot, or 404: of somebody else's the viewer does not even hear that it exists. */
export function visibleBot(trading: Trading, viewer: Viewer, botId: number): Bot {
  const bot = findBot(trading, botId);
  if (bot !== undefined && (viewer.isAdmin || bot.userId === viewer.userId)) return bot;
  throw new HttpProblem(404, `you have no bot ${botId}; GET /api/bots lists yours`);
}

function findBot(trading: Trading, botId: number): Bot | undefined {
  try {
    return trading.bot(botId);
  } catch (error) {
    if (error instanceof TradingProblem && error.kind === 'not-found') return undefined;
    throw error;
  }
}

function changeBot(
  { database, events }: Services,
  trading: Trading,
  bot: Bot,
  change: { name?: string; status?: 'running' | 'paused' },
): Bot {
  if (change.name !== undefined && change.name !== bot.name) {
    const { changes } = database.run('UPDATE OR IGNORE bots SET name = ? WHERE id = ?', change.name, bot.id);
    if (changes === 0)
      throw new HttpProblem(
        409,
        `a bot is named ${JSON.stringify(change.name)} already; choose another name`,
      );
    events.record('bot.changed', trading.bot(bot.id), bot.userId);
  }
  if (change.status !== undefined && change.status !== bot.status)
    trading.setBotStatus(bot.id, change.status, `${change.status} on request`);
  return trading.bot(bot.id);
}
