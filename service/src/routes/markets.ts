/** Markets: what an exchange trades, and at what price as far as that is known. */
import type { FastifyInstance } from 'fastify';
import { exchangeIds } from '../exchanges/exchange.ts';
import { requireUser } from '../guards.ts';
import { HttpProblem, problemResponses } from '../problems.ts';
import type { RouteOptions } from '../services.ts';
import { formatAmount } from '../trading/money.ts';
import { limitSchema, listOf } from './paging.ts';
import type { SchemaTypes } from './schema-types.ts';
import { amountSchema, completeObject, exchangeSchema } from './trading-schemas.ts';

const currency = { type: 'string', minLength: 1 } as const;
const priceSchema = { type: ['string', 'null'], pattern: amountSchema.pattern } as const;

const MARKETS_SCHEMA = {
  operationId: 'listMarkets',
  tags: ['markets'],
  security: [{ bearer: [] }],
  summary:
    'What an exchange trades, in the order of the alphabet. Prices are null unless they are fresh and watched.',
  params: {
    type: 'object',
    required: ['exchange'],
    properties: { exchange: { ...exchangeSchema, examples: [exchangeIds[1]] } },
  },
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      limit: limitSchema,
      after: { type: 'string', maxLength: 40, description: 'Only those after this symbol.' },
    },
  },
  response: {
    200: listOf(
      'markets',
      completeObject({
        symbol: { type: 'string', minLength: 1 },
        base: currency,
        quote: currency,
        minQuantity: amountSchema,
        tickSize: amountSchema,
        takerFee: { ...amountSchema, description: 'The share of a trade that a taker pays.' },
        bid: priceSchema,
        ask: priceSchema,
        last: priceSchema,
      } as const),
      'The markets.',
    ),
    ...problemResponses(400, 401, 404, 500, 503),
  },
} as const;

export async function marketRoutes(plain: FastifyInstance, { services }: RouteOptions): Promise<void> {
  const { accounts, exchanges } = services;
  const app = plain.withTypeProvider<SchemaTypes>();
  app.addHook('onRequest', requireUser(accounts));

  app.get('/:exchange', { schema: MARKETS_SCHEMA }, async (request) => {
    const { exchange } = request.params;
    const { limit, after = '' } = request.query;
    if (!exchanges.enabled.includes(exchange))
      throw new HttpProblem(
        404,
        `${exchange} is not enabled here; the setting EXCHANGES names those that are`,
      );
    const markets = exchanges.markets(exchange);
    if (markets.length === 0)
      throw new HttpProblem(
        503,
        `${exchange} has not told what it trades yet; GET /api/system/status says why`,
      );
    const listed = markets
      .filter(({ symbol }) => symbol > after)
      .toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1))
      .slice(0, limit);
    return {
      markets: listed.map(({ symbol, base, quote, minQuantity, tickSize, takerFee }) => {
        const price = exchanges.price(exchange, symbol);
        return {
          symbol,
          base,
          quote,
          minQuantity: formatAmount(minQuantity),
          tickSize: formatAmount(tickSize),
          takerFee: formatAmount(takerFee),
          bid: price ? formatAmount(price.bid) : null,
          ask: price ? formatAmount(price.ask) : null,
          last: price ? formatAmount(price.last) : null,
        };
      }),
    };
  });
}
