/** The orders as they are asked for: checked, placed, cancelled. Used by `trading.ts`. */
import { randomUUID } from 'node:crypto';
import type { SymbolInfo } from '../exchanges/exchange.ts';
import { requireBot, type Desk } from './bots.ts';
import { executionPrice, fill, needs, requireMarket } from './fills.ts';
import { balance, settle } from './ledger.ts';
import { TradingProblem, type Bot, type Order, type PlacedBy, type Side } from './model.ts';
import { formatAmount, parseAmount, type Amount } from './money.ts';
import {
  closeOrder,
  findSameOrder,
  insertOrder,
  openOrders,
  requireOrder,
  type Wanted,
} from './order-book.ts';

export interface OrderRequest {
  side: Side;
  type: 'market' | 'limit';
  /** In the base currency, a decimal string. */
  quantity: string;
  /** A decimal string; limit orders must have one, market orders must not. */
  limitPrice?: string | undefined;
  /** Names the order: the same name again is the same order. */
  clientOrderId?: string | undefined;
}

const MAX_OPEN_ORDERS = 200;

/** Fills it at once when the market allows, else lets it rest. What is returned has been committed. */
export function placeOrder(desk: Desk, botId: number, request: OrderRequest, placedBy: PlacedBy): Order {
  const wanted = readRequest(request, placedBy);
  const { database, events, exchanges } = desk;
  return database.transaction(() => {
    const bot = requireBot(database, botId);
    const before = findSameOrder(database, botId, wanted);
    if (before !== undefined) return before;
    if (bot.status === 'stopped')
      throw new TradingProblem(
        'stopped',
        `bot ${botId} is stopped: ${bot.statusReason || 'no reason was given'}`,
      );
    const info = requireMarket(desk, bot);
    checkAgainstMarket(wanted, info);
    const price = executionPrice(wanted, exchanges.price(bot.exchange, bot.symbol));
    const reckonedAt = price ?? wanted.limitPrice;
    if (reckonedAt === null)
      throw new TradingProblem(
        'no-price',
        `there is no fresh price of ${bot.symbol} on ${bot.exchange}; try again later, or place a limit order`,
      );
    requireFunds(desk, bot, wanted, reckonedAt, info);
    const id = insertOrder(database, botId, wanted);
    events.record('order.placed', requireOrder(database, botId, id), bot.userId);
    database.afterCommit(() => desk.tell(botId, 'order'));
    if (price !== undefined) return fill(desk, bot, { ...wanted, id, botId }, price, info.takerFee);
    return requireOrder(database, botId, id);
  });
}

/** Cancels an open order; one that is cancelled already stays as it is. */
export function cancelOrder(desk: Desk, botId: number, orderId: number, reason: string): Order {
  return desk.database.transaction(() => {
    const order = requireOrder(desk.database, botId, orderId);
    if (order.status === 'cancelled') return order;
    if (order.status !== 'open')
      throw new TradingProblem(
        'conflict',
        `order ${orderId} is ${order.status} and cannot be cancelled any more`,
      );
    return closeOrder(desk, order, { status: 'cancelled', reason, at: new Date().toISOString() });
  });
}

/** What of a currency is not promised to open orders. */
export function available({ database }: Desk, bot: Bot, currency: string, takerFee: Amount): Amount {
  let free = balance(database, bot.id, currency).amount;
  for (const order of openOrders(database, bot.id)) {
    const promised = needs(order, bot, order.limitPrice ?? 0n, takerFee);
    if (promised.currency === currency) free -= promised.amount;
  }
  return free > 0n ? free : 0n;
}

function readRequest(request: OrderRequest, placedBy: PlacedBy): Wanted {
  const { side, type, clientOrderId = randomUUID() } = request;
  const quantity = parseAmount(request.quantity);
  const limitPrice = request.limitPrice === undefined ? null : parseAmount(request.limitPrice);
  if (!quantity)
    throw new TradingProblem(
      'invalid',
      `quantity is ${JSON.stringify(request.quantity)}, but must be a decimal string above 0 with eight decimals at most`,
    );
  if ((type === 'limit') !== (limitPrice !== null) || limitPrice === undefined || limitPrice === 0n)
    throw new TradingProblem(
      'invalid',
      `limitPrice is ${JSON.stringify(request.limitPrice)}, but a limit order needs a decimal string above 0 there, and a market order nothing`,
    );
  return { side, type, quantity, limitPrice, clientOrderId, placedBy };
}

function checkAgainstMarket({ quantity, limitPrice }: Wanted, info: SymbolInfo): void {
  if (quantity < info.minQuantity)
    throw new TradingProblem(
      'invalid',
      `quantity is ${formatAmount(quantity)}, but ${info.symbol} is traded from ${formatAmount(info.minQuantity)}`,
    );
  if (limitPrice !== null && info.tickSize > 0n && limitPrice % info.tickSize !== 0n)
    throw new TradingProblem(
      'invalid',
      `limitPrice is ${formatAmount(limitPrice)}, but prices of ${info.symbol} are multiples of ${formatAmount(info.tickSize)}`,
    );
}

function requireFunds(desk: Desk, bot: Bot, wanted: Wanted, price: Amount, { takerFee }: SymbolInfo): void {
  if (settle(wanted.side, wanted.quantity, price, takerFee).quoteChange === 0n)
    throw new TradingProblem('invalid', 'the order is worth nothing; raise its quantity');
  if (wanted.type === 'limit' && openOrders(desk.database, bot.id).length >= MAX_OPEN_ORDERS)
    throw new TradingProblem(
      'conflict',
      `bot ${bot.id} has ${MAX_OPEN_ORDERS} open orders; cancel some first`,
    );
  const { currency, amount } = needs(wanted, bot, price, takerFee);
  const free = available(desk, bot, currency, takerFee);
  if (free < amount)
    throw new TradingProblem(
      'insufficient-funds',
      `the order needs ${formatAmount(amount)} ${currency}, but ${formatAmount(free)} are free`,
    );
}
