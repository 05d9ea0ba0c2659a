/** What a fill does: the order, the ledger, the positions and the events, in one transaction. Used by `orders.ts` and `trading.ts`. */
import type { Price, SymbolInfo } from '../exchanges/exchange.ts';
import type { Desk } from './bots.ts';
import { balance, listPositions, post, settle, type Entry } from './ledger.ts';
import { currenciesOf, TradingProblem, type Bot, type Order } from './model.ts';
import type { Amount } from './money.ts';
import { closeOrder, requireOrder, type OpenOrder, type Wanted } from './order-book.ts';

/** The market of a bot as its exchange describes it; throws `no-price` before the exchange has. */
export function requireMarket({ exchanges }: Desk, { exchange, symbol }: Bot): SymbolInfo {
  const info = exchanges.markets(exchange).find((market) => market.symbol === symbol);
  if (info !== undefined) return info;
  throw new TradingProblem('no-price', `${exchange} has not told of ${symbol} yet; try again later`);
}

/** What a taker pays or gets now; undefined when there is no price, or the limit does not allow it. */
export function executionPrice({ side, limitPrice }: Wanted, price: Price | undefined): Amount | undefined {
  if (price === undefined) return undefined;
  const taken = side === 'buy' ? price.ask : price.bid;
  if (limitPrice === null) return taken;
  return (side === 'buy' ? taken <= limitPrice : taken >= limitPrice) ? taken : undefined;
}

/** What an order takes out of the wallet at this price. */
export function needs({ side, quantity }: Wanted, { symbol }: Bot, price: Amount, takerFee: Amount) {
  const { base, quote } = currenciesOf(symbol);
  if (side === 'sell') return { currency: base, amount: quantity };
  return { currency: quote, amount: -settle(side, quantity, price, takerFee).quoteChange };
}

/** Fills an open order at this price. Throws a TradingProblem when the wallet has not what it needs: the fee may have risen. */
export function fill(desk: Desk, bot: Bot, order: OpenOrder, price: Amount, takerFee: Amount): Order {
  const { database, events } = desk;
  const { side, quantity } = order;
  const { base, quote } = currenciesOf(bot.symbol);
  const at = new Date().toISOString();
  const { value, fee, quoteChange } = settle(side, quantity, price, takerFee);
  const needed = needs(order, bot, price, takerFee);
  if (balance(database, bot.id, needed.currency).amount < needed.amount)
    throw new TradingProblem(
      'insufficient-funds',
      `not enough ${needed.currency} when the price was reached`,
    );
  const baseChange = side === 'buy' ? quantity : -quantity;
  const held = balance(database, bot.id, base);
  // What is sold takes its share of the cost with it.
  const cost =
    side === 'buy' ? held.cost - quoteChange : (held.cost * (held.amount - quantity)) / held.amount;
  const entries: Entry[] = [
    { account: 'wallet', currency: quote, amount: quoteChange },
    { account: 'market', currency: quote, amount: side === 'buy' ? value : -value },
    { account: 'fees', currency: quote, amount: fee },
    { account: 'wallet', currency: base, amount: baseChange },
    { account: 'market', currency: base, amount: -baseChange },
  ];
  post(database, {
    botId: bot.id,
    orderId: order.id,
    kind: 'trade',
    at,
    entries,
    costs: new Map([[base, cost]]),
  });
  const filled = closeOrder(desk, order, { status: 'filled', price, fee, at });
  for (const position of listPositions(database, { botId: bot.id }))
    events.record('position.changed', position, bot.userId);
  database.afterCommit(() => desk.tell(bot.id, 'fill'));
  return filled;
}

/** Fills a resting order at its limit if the price has crossed it. */
export function fillIfCrossed(desk: Desk, bot: Bot, order: OpenOrder, price: Price): void {
  const { limitPrice } = order;
  if (limitPrice === null || executionPrice(order, price) === undefined) return;
  const { takerFee } = requireMarket(desk, bot);
  const { database } = desk;
  database.transaction(() => {
    // The fill before this one may have been the last straw for the bodyguard.
    if (requireOrder(database, bot.id, order.id).status !== 'open') return;
    try {
      database.transaction(() => fill(desk, bot, order, limitPrice, takerFee));
    } catch (error) {
      if (!(error instanceof TradingProblem)) throw error;
      closeOrder(desk, order, { status: 'rejected', reason: error.message, at: new Date().toISOString() });
    }
  });
}
