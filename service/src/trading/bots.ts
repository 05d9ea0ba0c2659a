/** The bots: who trades what, with how much, and whether it may. Used by `trading.ts`. */
import type { Database } from '../database.ts';
import type { Events } from '../events.ts';
import type { ExchangeId } from '../exchanges/exchange.ts';
import type { Exchanges } from '../exchanges/exchanges.ts';
import { post } from './ledger.ts';
import { currenciesOf, toBot, TradingProblem, type Bot, type BotStatus, type Strategy } from './model.ts';
import { MAX_AMOUNT, ONE, parseAmount } from './money.ts';

/** What bots and orders are kept in, told to, and priced by. */
export interface Desk {
  database: Database;
  events: Pick<Events, 'record'>;
  exchanges: Pick<Exchanges, 'enabled' | 'markets' | 'price' | 'watch'>;
  /** Tells those who observe bots; called after the commit. */
  tell: (botId: number, occasion: Occasion) => void;
}

/** What just happened to a bot: an order was placed, one was filled, or its market has a new price. */
export type Occasion = 'order' | 'fill' | 'price';

export interface BotRequest {
  name: string;
  exchange: ExchangeId;
  symbol: string;
  strategy: Strategy;
  /** In the quote currency, a decimal string. */
  startingBalance: string;
  /** From 0 to 1, a decimal string; by default half for `rebalance`, a tenth for the others, whose fees add up. */
  targetShare?: string | undefined;
}

const MAX_STARTING_BALANCE = MAX_AMOUNT / 10n;

/** Makes a bot and its deposit in one transaction. */
export function createBot({ database, events, exchanges }: Desk, userId: number, request: BotRequest): Bot {
  const { name, exchange, symbol, strategy } = request;
  const startingBalance = parseAmount(request.startingBalance);
  if (startingBalance === undefined || startingBalance <= 0n || startingBalance > MAX_STARTING_BALANCE)
    throw new TradingProblem(
      'invalid',
      `startingBalance is ${JSON.stringify(request.startingBalance)}, but must be a decimal string above 0, up to 1000000000, with eight decimals at most`,
    );
  const targetShare = parseAmount(request.targetShare ?? (strategy === 'rebalance' ? '0.5' : '0.1'));
  if (targetShare === undefined || targetShare > ONE)
    throw new TradingProblem(
      'invalid',
      `targetShare is ${JSON.stringify(request.targetShare)}, but must be a decimal string from 0 to 1`,
    );
  requireSymbol(exchanges, exchange, symbol);
  const at = new Date().toISOString();
  return database.transaction(() => {
    const { id, changes } = database.run(
      `INSERT INTO bots (user_id, name, exchange, symbol, strategy, target_share, starting_balance, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_id, name) DO NOTHING`,
      userId,
      name,
      exchange,
      symbol,
      strategy,
      targetShare,
      startingBalance,
      at,
    );
    if (changes === 0)
      throw new TradingProblem(
        'conflict',
        `you have a bot named ${JSON.stringify(name)}; choose another name`,
      );
    const currency = currenciesOf(symbol).quote;
    post(database, {
      botId: id,
      orderId: null,
      kind: 'deposit',
      at,
      entries: [
        { account: 'outside', currency, amount: -startingBalance },
        { account: 'wallet', currency, amount: startingBalance },
      ],
    });
    const bot = requireBot(database, id);
    events.record('bot.created', bot, userId);
    return bot;
  });
}

function requireSymbol(exchanges: Desk['exchanges'], id: ExchangeId, symbol: string): void {
  if (!exchanges.enabled.includes(id))
    throw new TradingProblem(
      'invalid',
      `the exchange ${id} is not enabled here; enabled: ${exchanges.enabled.join(', ') || 'none'}`,
    );
  const markets = exchanges.markets(id);
  if (markets.length === 0)
    throw new TradingProblem('no-price', `${id} has not told what it trades yet; try again later`);
  if (!markets.some((market) => market.symbol === symbol))
    throw new TradingProblem(
      'invalid',
      `${id} does not trade ${JSON.stringify(symbol)}; it trades ${markets[0]?.symbol} and ${markets.length - 1} others`,
    );
}

/** The bot with this id; throws `not-found`. */
export function requireBot(database: Database, id: number): Bot {
  const [row] = database.select('SELECT * FROM bots WHERE id = ?', id);
  if (row === undefined) throw new TradingProblem('not-found', `there is no bot ${id}`);
  return toBot(row);
}

export interface BotFilter {
  userId?: number | undefined;
  status?: BotStatus | undefined;
  exchange?: ExchangeId | undefined;
  symbol?: string | undefined;
}

export function listBots(database: Database, { userId, status, exchange, symbol }: BotFilter): Bot[] {
  return database
    .select(
      `SELECT * FROM bots WHERE user_id = coalesce(?, user_id) AND status = coalesce(?, status)
       AND exchange = coalesce(?, exchange) AND symbol = coalesce(?, symbol) ORDER BY id`,
      userId ?? null,
      status ?? null,
      exchange ?? null,
      symbol ?? null,
    )
    .map(toBot);
}

/** Changes some of a bot, and tells of it. */
export function changeBot(
  { database, events }: Desk,
  id: number,
  change: Partial<Pick<Bot, 'status' | 'statusReason' | 'stage'>>,
): Bot {
  return database.transaction(() => {
    database.run(
      'UPDATE bots SET status = coalesce(?, status), status_reason = coalesce(?, status_reason), stage = coalesce(?, stage) WHERE id = ?',
      change.status ?? null,
      change.statusReason ?? null,
      change.stage ?? null,
      id,
    );
    const bot = requireBot(database, id);
    events.record('bot.changed', bot, bot.userId);
    return bot;
  });
}
