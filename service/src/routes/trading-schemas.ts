/** Bots, orders, positions and ledger transactions as routes show them. Amounts are decimal strings: no client rounds them. */
import { exchangeIds } from '../exchanges/exchange.ts';
import { strategies } from '../trading/model.ts';

const id = { type: 'integer', minimum: 1 } as const;
const time = { type: 'string', format: 'date-time' } as const;
export const amountSchema = { type: 'string', pattern: '^-?\\d+(\\.\\d{1,8})?$' } as const;
const amountOrNull = { type: ['string', 'null'], pattern: amountSchema.pattern } as const;
/** An amount as it may be asked for. */
export const requestedAmountSchema = { type: 'string', pattern: '^\\d{1,11}(\\.\\d{1,8})?$' } as const;
export const shareSchema = { type: 'string', pattern: '^(0(\\.\\d{1,8})?|1(\\.0{1,8})?)$' } as const;
export const symbolSchema = { type: 'string', pattern: '^[^\\s/]+/[^\\s/]+$', maxLength: 40 } as const;
export const exchangeSchema = { type: 'string', enum: exchangeIds } as const;
export const nameSchema = { type: 'string', minLength: 1, maxLength: 60, pattern: '\\S' } as const;

/** An object of which every property is always there. */
export function completeObject<P extends Record<string, unknown>>(properties: P) {
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(properties) as Extract<keyof P, string>[],
    properties,
  } as const;
}

export const botSchema = {
  $id: 'Bot',
  description: 'A paper account that trades by a strategy.',
  ...completeObject({
    id,
    userId: id,
    name: nameSchema,
    exchange: exchangeSchema,
    symbol: symbolSchema,
    strategy: { type: 'string', enum: strategies },
    targetShare: shareSchema,
    stage: { type: 'string', enum: ['candidate', 'promoted'] },
    status: { type: 'string', enum: ['running', 'paused', 'stopped'] },
    statusReason: { type: 'string' },
    startingBalance: amountSchema,
    createdAt: time,
  } as const),
  examples: [
    {
      id: 1,
      userId: 2,
      name: 'first steps',
      exchange: 'binance',
      symbol: 'BTC/USDT',
      strategy: 'momentum',
      targetShare: '0.5',
      stage: 'candidate',
      status: 'running',
      statusReason: '',
      startingBalance: '10000',
      createdAt: '2026-01-05T09:30:00.000Z',
    },
  ],
} as const;

export const orderSchema = {
  $id: 'Order',
  description:
    'An order of a bot. A market order is filled at once, a limit order rests until the price crosses.',
  ...completeObject({
    id,
    botId: id,
    clientOrderId: { type: 'string', minLength: 1 },
    side: { type: 'string', enum: ['buy', 'sell'] },
    type: { type: 'string', enum: ['market', 'limit'] },
    quantity: amountSchema,
    limitPrice: amountOrNull,
    status: { type: 'string', enum: ['open', 'filled', 'cancelled', 'rejected'] },
    reason: { type: ['string', 'null'] },
    price: amountOrNull,
    fee: amountOrNull,
    feeCurrency: { type: 'string', minLength: 1 },
    placedBy: { type: 'string', enum: ['user', 'strategy', 'autopilot', 'bodyguard'] },
    createdAt: time,
    closedAt: { type: ['string', 'null'], format: 'date-time' },
  } as const),
  examples: [
    {
      id: 1,
      botId: 1,
      clientOrderId: 'my-first-order',
      side: 'buy',
      type: 'market',
      quantity: '0.01',
      limitPrice: null,
      status: 'filled',
      reason: null,
      price: '65000.5',
      fee: '0.650005',
      feeCurrency: 'USDT',
      placedBy: 'user',
      createdAt: '2026-01-05T09:30:00.000Z',
      closedAt: '2026-01-05T09:30:00.004Z',
    },
  ],
} as const;

export const positionSchema = {
  $id: 'Position',
  description: 'What a bot holds of a currency.',
  ...completeObject({
    botId: id,
    currency: { type: 'string', minLength: 1 },
    amount: amountSchema,
    cost: { ...amountSchema, description: 'What it was bought for, fees included, in the quote currency.' },
  } as const),
  examples: [{ botId: 1, currency: 'BTC', amount: '0.01', cost: '650.6550055' }],
} as const;

export const ledgerTransactionSchema = {
  $id: 'LedgerTransaction',
  description: 'A booking in double entry: per currency its entries add up to 0.',
  ...completeObject({
    id,
    botId: id,
    orderId: { type: ['integer', 'null'], minimum: 1 },
    kind: { type: 'string', enum: ['deposit', 'trade', 'withdrawal'] },
    at: time,
    entries: {
      type: 'array',
      minItems: 1,
      items: completeObject({
        account: { type: 'string', enum: ['wallet', 'market', 'fees', 'outside'] },
        currency: { type: 'string', minLength: 1 },
        amount: amountSchema,
      } as const),
    },
  } as const),
  examples: [
    {
      id: 1,
      botId: 1,
      orderId: null,
      kind: 'deposit',
      at: '2026-01-05T09:30:00.000Z',
      entries: [
        { account: 'outside', currency: 'USDT', amount: '-10000' },
        { account: 'wallet', currency: 'USDT', amount: '10000' },
      ],
    },
  ],
} as const;
