/**
 * Paper trading: real prices, invented money. Holds the bots and their orders, fills what the prices allow, and lets
 * the strategies trade. Started by `main.ts`; used by the routes, the autopilot and the bodyguard.
 */
import type { Logger } from 'pino';
import type { ExchangeId, Price } from '../exchanges/exchange.ts';
import type { Subsystem } from '../lifecycle.ts';
import {
  changeBot,
  createBot,
  listBots,
  requireBot,
  type BotFilter,
  type BotRequest,
  type Desk,
  type Occasion,
} from './bots.ts';
import { fillIfCrossed } from './fills.ts';
import { listLedger, listPositions, verifyLedger } from './ledger.ts';
import { TradingProblem, type Bot, type BotStatus, type LedgerTransaction } from './model.ts';
import type { Order, PlacedBy, Position } from './model.ts';
import { parseAmount, type Amount } from './money.ts';
import { countFills, listOrders, openOrders, type OrderFilter } from './order-book.ts';
import { cancelOrder, placeOrder, type OrderRequest } from './orders.ts';
import { equityOf, orderTowards, type Equity } from './portfolio.ts';
import { PriceHistory } from './strategy.ts';

export interface TradingOptions extends Omit<Desk, 'tell'> {
  log: Logger;
}

export type Observer = (botId: number, occasion: Occasion) => void;

const STRATEGY_PAUSE_MS = 10_000;
const EMERGENCY = 'emergency stop: ';

interface Market {
  exchange: ExchangeId;
  symbol: string;
  history: PriceHistory;
  unwatch: () => void;
}

export class Trading implements Subsystem {
  readonly name = 'trading';
  readonly #desk: Desk;
  readonly #log: Logger;
  readonly #markets = new Map<string, Market>();
  readonly #observers = new Set<Observer>();
  readonly #tradedAt = new Map<number, number>();
  #started = false;

  constructor({ database, events, exchanges, log }: TradingOptions) {
    this.#desk = { database, events, exchanges, tell: (botId, occasion) => this.#tell(botId, occasion) };
    this.#log = log.child({ subsystem: this.name });
  }

  /** Rejects when the ledger does not add up: better no service than one that goes on with wrong balances. */
  async start(): Promise<void> {
    if (this.#started) return;
    const { transactions, problems } = this.verify();
    if (problems.length > 0)
      throw new Error(
        `the ledger does not add up: ${problems.slice(0, 5).join('; ')} (${problems.length} problems); restore the database from a backup, or correct these rows`,
      );
    this.#started = true;
    this.#watchMarkets();
    this.#log.info(
      { transactions, bots: this.bots({ status: 'running' }).length },
      'the ledger adds up; bots resumed',
    );
  }

  /** From here on no order is taken and no price is acted on; what was under way is done, for it never waits. */
  async stop(): Promise<void> {
    this.#started = false;
    for (const { unwatch } of this.#markets.values()) unwatch();
    this.#markets.clear();
  }

  createBot(userId: number, request: BotRequest): Bot {
    return this.#desk.database.transaction(() => {
      const bot = createBot(this.#desk, userId, request);
      this.#desk.database.afterCommit(() => this.#watchMarkets());
      return bot;
    });
  }

  bot(id: number): Bot {
    return requireBot(this.#desk.database, id);
  }

  bots(filter: BotFilter = {}): Bot[] {
    return listBots(this.#desk.database, filter);
  }

  /** A bot that is stopped loses its open orders; one that is not the same as before is told of. */
  setBotStatus(id: number, status: BotStatus, reason: string): Bot {
    const { database } = this.#desk;
    return database.transaction(() => {
      const before = this.bot(id);
      if (before.status === status) return before;
      if (status === 'stopped') this.#cancelOpenOrders(id, reason);
      database.afterCommit(() => this.#watchMarkets());
      return changeBot(this.#desk, id, { status, statusReason: reason });
    });
  }

  promoteBot(id: number): Bot {
    return changeBot(this.#desk, this.bot(id).id, { stage: 'promoted' });
  }

  /** What is returned is committed; the same `clientOrderId` returns the same order. Throws a TradingProblem. */
  placeOrder(botId: number, request: OrderRequest, placedBy: PlacedBy): Order {
    if (!this.#started) throw new TradingProblem('stopped', 'trading is not running; try again later');
    return placeOrder(this.#desk, botId, request, placedBy);
  }

  cancelOrder(botId: number, orderId: number, reason = 'as asked'): Order {
    return cancelOrder(this.#desk, botId, orderId, reason);
  }

  orders(filter: OrderFilter): Order[] {
    return listOrders(this.#desk.database, filter);
  }

  fillCount(botId: number): number {
    return countFills(this.#desk.database, botId);
  }

  positions(filter: { botId?: number | undefined; userId?: number | undefined }): Position[] {
    return listPositions(this.#desk.database, filter);
  }

  ledger(botId: number, page: { limit: number; before?: number | undefined }): LedgerTransaction[] {
    return listLedger(this.#desk.database, botId, page);
  }

  /** Undefined when there is no fresh price to value it at. */
  equity(botId: number): Equity | undefined {
    return equityOf(this.#desk, this.bot(botId));
  }

  /** Buys or sells until the base currency makes up `share` of the bot's value; nothing when it is within `band` of it. */
  moveToShare(
    botId: number,
    { share, band, placedBy }: { share: Amount; band: Amount; placedBy: PlacedBy },
  ): Order | undefined {
    const request = orderTowards(this.#desk, this.bot(botId), share, band);
    return request && this.placeOrder(botId, request, placedBy);
  }

  /** The emergency stop: no bot trades on, no order stays open. Returns how many bots it stopped. */
  stopAllBots(reason: string): number {
    const { database, events } = this.#desk;
    const stopped = database.transaction(() => {
      const live = this.bots().filter(({ status }) => status !== 'stopped');
      for (const { id } of live) this.setBotStatus(id, 'stopped', `${EMERGENCY}${reason}`);
      events.record('emergency-stop', { reason, bots: live.length }, null);
      return live.length;
    });
    this.#log.warn({ reason, bots: stopped }, 'emergency stop');
    return stopped;
  }

  /** Lets those run again that the emergency stop stopped, and no others. Returns how many. */
  resumeAll(): number {
    return this.#desk.database.transaction(() => {
      const held = this.bots({ status: 'stopped' }).filter((bot) => bot.statusReason.startsWith(EMERGENCY));
      for (const { id } of held) this.setBotStatus(id, 'running', 'resumed after the emergency stop');
      return held.length;
    });
  }

  /** Adds the whole ledger up again. */
  verify(): { transactions: number; problems: string[] } {
    return verifyLedger(this.#desk.database);
  }

  /** Calls `observer` with what happens to each bot, once it is committed; returns the end of that. */
  observe(observer: Observer): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  #cancelOpenOrders(botId: number, reason: string): void {
    for (const { id } of openOrders(this.#desk.database, botId)) cancelOrder(this.#desk, botId, id, reason);
  }

  /** Watches the markets of the bots that are not stopped, and no others. */
  #watchMarkets(): void {
    if (!this.#started) return;
    const wanted = new Map<string, Bot>();
    for (const bot of this.bots())
      if (bot.status !== 'stopped') wanted.set(`${bot.exchange} ${bot.symbol}`, bot);
    for (const [key, { unwatch }] of this.#markets) {
      if (wanted.has(key)) continue;
      unwatch();
      this.#markets.delete(key);
    }
    for (const [key, { exchange, symbol }] of wanted) {
      if (this.#markets.has(key)) continue;
      const market = { exchange, symbol, history: new PriceHistory() };
      const unwatch = this.#desk.exchanges.watch(exchange, symbol, (price) => this.#onPrice(market, price));
      this.#markets.set(key, { ...market, unwatch });
    }
  }

  #onPrice({ exchange, symbol, history }: Omit<Market, 'unwatch'>, price: Price): void {
    if (!this.#started) return;
    history.add(price);
    for (const bot of this.bots({ exchange, symbol })) {
      if (bot.status === 'stopped') continue;
      try {
        for (const order of openOrders(this.#desk.database, bot.id))
          fillIfCrossed(this.#desk, bot, order, price);
        this.#trade(bot.id, history);
        this.#tell(bot.id, 'price');
      } catch (error) {
        this.#log.error({ err: error, botId: bot.id }, 'a price could not be acted on; the next one will be');
      }
    }
  }

  #trade(botId: number, history: PriceHistory): void {
    // Read again: the fills of this very price may have stopped it.
    const bot = this.bot(botId);
    if (bot.status !== 'running') return;
    const signal = history.signal(bot.strategy);
    const sinceLastMs = performance.now() - (this.#tradedAt.get(bot.id) ?? -Infinity);
    if (signal === undefined || sinceLastMs < STRATEGY_PAUSE_MS) return;
    const share = signal === 'invest' ? (parseAmount(bot.targetShare) ?? 0n) : 0n;
    // A band of a tenth of the share: prices that drift are no reason to trade again.
    const order = this.moveToShare(bot.id, { share, band: share / 10n, placedBy: 'strategy' });
    if (order !== undefined) this.#tradedAt.set(bot.id, performance.now());
  }

  #tell(botId: number, occasion: Occasion): void {
    for (const observer of this.#observers) observer(botId, occasion);
  }
}
