/** The rows of the orders: written, closed and found. Used by `orders.ts` and `fills.ts`, within their transactions. */
import type { Database, Row } from '../database.ts';
import { requireBot, type Desk } from './bots.ts';
import { toOrder, TradingProblem, type Order, type PlacedBy, type Side } from './model.ts';
import type { Amount } from './money.ts';

/** What an order asks for, in amounts that can be reckoned with. */
export interface Wanted {
  side: Side;
  type: Order['type'];
  quantity: Amount;
  limitPrice: Amount | null;
  clientOrderId: string;
  placedBy: PlacedBy;
}

export interface OpenOrder extends Wanted {
  id: number;
  botId: number;
}

export interface OrderFilter {
  botId?: number | undefined;
  userId?: number | undefined;
  limit: number;
  /** Only orders with a smaller id: the last id of the page before. */
  before?: number | undefined;
}

const SELECT_ORDERS = 'SELECT orders.*, symbol FROM orders JOIN bots ON bots.id = bot_id';

export function insertOrder(database: Database, botId: number, wanted: Wanted): number {
  const { side, type, quantity, limitPrice, clientOrderId, placedBy } = wanted;
  return database.run(
    `INSERT INTO orders (bot_id, client_order_id, side, type, quantity, limit_price, status, placed_by, created_at)
     VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?)`,
    botId,
    clientOrderId,
    side,
    type,
    quantity,
    limitPrice,
    placedBy,
    new Date().toISOString(),
  ).id;
}

/** Ends an open order, and tells of it. */
export function closeOrder(
  { database, events }: Desk,
  { id, botId }: Pick<Order, 'id' | 'botId'>,
  outcome:
    | { status: 'filled'; price: Amount; fee: Amount; at: string }
    | { status: 'cancelled' | 'rejected'; reason: string; at: string },
): Order {
  const filled = outcome.status === 'filled';
  const { changes } = database.run(
    `UPDATE orders SET status = ?, price = ?, fee = ?, reason = ?, closed_at = ? WHERE id = ? AND status = 'open'`,
    outcome.status,
    filled ? outcome.price : null,
    filled ? outcome.fee : null,
    filled ? null : outcome.reason,
    outcome.at,
    id,
  );
  if (changes !== 1) throw new Error(`order ${id} was to be ${outcome.status}, but it was not open any more`);
  const order = requireOrder(database, botId, id);
  events.record(`order.${outcome.status}`, order, requireBot(database, botId).userId);
  return order;
}

export function requireOrder(database: Database, botId: number, orderId: number): Order {
  const [row] = database.select(`${SELECT_ORDERS} WHERE orders.id = ? AND bot_id = ?`, orderId, botId);
  if (row === undefined) throw new TradingProblem('not-found', `bot ${botId} has no order ${orderId}`);
  return toOrder(row);
}

/** The order that has the name already, if there is one; throws `conflict` when that is another order. */
export function findSameOrder(database: Database, botId: number, wanted: Wanted): Order | undefined {
  const [row] = database.select(
    `${SELECT_ORDERS} WHERE bot_id = ? AND client_order_id = ?`,
    botId,
    wanted.clientOrderId,
  );
  if (row === undefined) return undefined;
  const isSame =
    row['side'] === wanted.side &&
    row['type'] === wanted.type &&
    row['quantity'] === wanted.quantity &&
    row['limit_price'] === wanted.limitPrice;
  if (isSame) return toOrder(row);
  throw new TradingProblem(
    'conflict',
    `clientOrderId ${JSON.stringify(wanted.clientOrderId)} names another order of this bot; use a new one`,
  );
}

/** The newest first. */
export function listOrders(database: Database, { botId, userId, limit, before }: OrderFilter): Order[] {
  const owner = botId !== undefined ? 'bot_id = ?' : userId !== undefined ? 'user_id = ?' : '? IS NULL';
  return database
    .select(
      `${SELECT_ORDERS} WHERE ${owner} AND orders.id < coalesce(?, orders.id + 1) ORDER BY orders.id DESC LIMIT ?`,
      botId ?? userId ?? null,
      before ?? null,
      limit,
    )
    .map(toOrder);
}

/** The resting orders of a bot, the oldest first. */
export function openOrders(database: Database, botId: number): OpenOrder[] {
  return database
    .select(`SELECT * FROM orders WHERE bot_id = ? AND status = 'open' ORDER BY id`, botId)
    .map(toOpenOrder);
}

/** How many orders of a bot were filled. */
export function countFills(database: Database, botId: number): number {
  const [row] = database.select(
    `SELECT count(*) AS fills FROM orders WHERE bot_id = ? AND status = 'filled'`,
    botId,
  );
  return Number(row?.['fills']);
}

function toOpenOrder(row: Row): OpenOrder {
  const limitPrice = row['limit_price'];
  return {
    id: Number(row['id']),
    botId: Number(row['bot_id']),
    // The schema lets no other words in.
    side: String(row['side']) as Side,
    type: String(row['type']) as Order['type'],
    quantity: BigInt(String(row['quantity'])),
    limitPrice: limitPrice == null ? null : BigInt(String(limitPrice)),
    clientOrderId: String(row['client_order_id']),
    placedBy: String(row['placed_by']) as PlacedBy,
  };
}
