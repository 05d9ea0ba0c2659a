/** What a bot is worth, and what it must trade to hold another share of it. Used by `trading.ts`. */
import type { Desk } from './bots.ts';
import { requireMarket } from './fills.ts';
import { balance } from './ledger.ts';
import { currenciesOf, type Bot } from './model.ts';
import { formatAmount, multiplyDown, ONE, parseAmount, type Amount } from './money.ts';
import { available, type OrderRequest } from './orders.ts';

/** What a bot is worth now, in the quote currency. */
export interface Equity {
  /** What it holds in the quote currency itself. */
  quote: Amount;
  /** All it holds, the base currency at the price it could be sold for. */
  value: Amount;
  startingBalance: Amount;
  /** The lost share of the starting balance; 0 when nothing is lost. */
  drawdown: number;
}

/** Undefined when there is no fresh price to value it at. */
export function equityOf({ database, exchanges }: Desk, bot: Bot): Equity | undefined {
  const price = exchanges.price(bot.exchange, bot.symbol);
  if (price === undefined) return undefined;
  const { base, quote } = currenciesOf(bot.symbol);
  const cash = balance(database, bot.id, quote).amount;
  const value = cash + multiplyDown(balance(database, bot.id, base).amount, price.bid);
  const startingBalance = parseAmount(bot.startingBalance) ?? 0n;
  const drawdown = Math.max(0, 1 - Number(value) / Number(startingBalance));
  return { quote: cash, value, startingBalance, drawdown };
}

/**
 * The order after which the base currency makes up `share` of the bot's value; undefined when it is within `band` of
 * that, when there is no price, or when the order would be too small to place.
 */
export function orderTowards(desk: Desk, bot: Bot, share: Amount, band: Amount): OrderRequest | undefined {
  const equity = equityOf(desk, bot);
  const price = desk.exchanges.price(bot.exchange, bot.symbol);
  if (equity === undefined || price === undefined) return undefined;
  const { base, quote } = currenciesOf(bot.symbol);
  const { takerFee, minQuantity } = requireMarket(desk, bot);
  const excess = equity.value - equity.quote - multiplyDown(equity.value, share);
  if ((excess < 0n ? -excess : excess) <= multiplyDown(equity.value, band)) return undefined;
  const side = excess > 0n ? 'sell' : 'buy';
  const free = available(desk, bot, side === 'sell' ? base : quote, takerFee);
  // When buying, the fee comes on top, and both roundings cost a unit at most.
  const spend = min(-excess, (free * ONE) / (ONE + takerFee) - 2n);
  const sold = share === 0n ? free : min((excess * ONE) / price.bid, free);
  const quantity = side === 'sell' ? sold : (spend * ONE) / price.ask;
  if (quantity <= 0n || quantity < minQuantity) return undefined;
  return { side, type: 'market', quantity: formatAmount(quantity) };
}

function min(a: Amount, b: Amount): Amount {
  return a < b ? a : b;
}
