/**
 * Adds up what a service has left in its database file, from outside and with code of its own, and compares it with what
 * the service had acknowledged. Used by the kill loop; knows nothing of the service's source.
 */
import { DatabaseSync } from 'node:sqlite';

/** An answer that the service gave with a status of success, and so must never lose. */
export interface Acknowledged {
  bots: { id: number; name: string; startingBalance: string }[];
  orders: {
    id: number;
    botId: number;
    clientOrderId: string;
    side: string;
    quantity: string;
    status: string;
    price: string | null;
    fee: string | null;
  }[];
}

type Row = Record<string, unknown>;

/** A sentence for each thing that is wrong; empty when all is there and adds up. */
export function inspectBooks(path: string, acknowledged: Acknowledged): string[] {
  const connection = new DatabaseSync(path, { readOnly: true });
  const all = (sql: string): Row[] => {
    const statement = connection.prepare(sql);
    statement.setReadBigInts(true);
    return statement.all();
  };
  try {
    return [
      ...integrity(all),
      ...lostBots(all, acknowledged.bots),
      ...lostOrders(all, acknowledged.orders),
      ...imbalances(all),
      ...ordersWithoutTrade(all),
    ];
  } catch (error) {
    return [`integrity: the file cannot be read: ${String(error)}`];
  } finally {
    connection.close();
  }
}

/** What of the acknowledged orders an answer of the service lacks, or tells otherwise. */
export function lostFromAnswer(
  answered: Acknowledged['orders'],
  acknowledged: Acknowledged['orders'],
): string[] {
  const byId = new Map(answered.map((order) => [order.id, order]));
  return acknowledged.flatMap((order) => {
    const told = byId.get(order.id);
    if (told === undefined) return `lost: the service does not tell of order ${order.id} any more`;
    if (order.status === 'open' || isSameFill(order, told)) return [];
    return `lost: the service tells of order ${order.id} another end than before`;
  });
}

type Order = Acknowledged['orders'][number];
const isSameFill = (a: Order, b: Order): boolean =>
  a.status === b.status && a.price === b.price && a.fee === b.fee && a.quantity === b.quantity;

/** Of the events that are kept, all that came between the first and the last seen were seen, each once, in order. */
export function inspectEvents(path: string, seen: readonly number[]): string[] {
  const [first = 0, last = 0] = [seen[0], seen.at(-1)];
  const had = new Set(seen);
  const kept = eventIds(path).filter((id) => id >= first && id <= last);
  const problems = kept.filter((id) => !had.has(id)).map((id) => `lost: event ${id} was never told`);
  const ids = new Set(kept);
  const oldest = kept[0] ?? 0;
  for (const id of seen)
    if (id >= oldest && !ids.has(id)) problems.push(`lost: event ${id} was told and is not there`);
  if (had.size !== seen.length) problems.push(`${seen.length - had.size} events were told twice`);
  if (seen.some((id, index) => index > 0 && id <= (seen[index - 1] ?? 0)))
    problems.push('events were told out of order');
  if (seen.length === 0) problems.push('no event was ever told');
  return problems;
}

export function newestEventId(path: string): number {
  return eventIds(path).at(-1) ?? 0;
}

function eventIds(path: string): number[] {
  const connection = new DatabaseSync(path, { readOnly: true });
  try {
    return connection
      .prepare('SELECT id FROM events ORDER BY id')
      .all()
      .map((row) => Number(row['id']));
  } finally {
    connection.close();
  }
}

type Query = (sql: string) => Row[];

function integrity(all: Query): string[] {
  const found = all('PRAGMA integrity_check').map((row) => String(row['integrity_check']));
  const dangling = all('PRAGMA foreign_key_check').map((row) => `a row of ${row['table']} refers to nothing`);
  return [...found.filter((line) => line !== 'ok').map((line) => `integrity: ${line}`), ...dangling];
}

function lostBots(all: Query, bots: Acknowledged['bots']): string[] {
  const rows = new Map(all('SELECT * FROM bots').map((row) => [Number(row['id']), row]));
  return bots.flatMap(({ id, name, startingBalance }) => {
    const row = rows.get(id);
    if (row === undefined) return `lost: bot ${id} ${name} was acknowledged and is not there`;
    const isSame = row['name'] === name && row['starting_balance'] === units(startingBalance);
    return isSame
      ? []
      : `lost: bot ${id} was acknowledged as ${name} with ${startingBalance} and is another now`;
  });
}

function lostOrders(all: Query, orders: Acknowledged['orders']): string[] {
  const rows = new Map(all('SELECT * FROM orders').map((row) => [Number(row['id']), row]));
  const names = all('SELECT bot_id, client_order_id FROM orders GROUP BY 1, 2 HAVING count(*) > 1');
  const found = names.map((row) => `order ${row['client_order_id']} of bot ${row['bot_id']} is there twice`);
  for (const order of orders) {
    const row = rows.get(order.id);
    if (row === undefined) {
      found.push(`lost: order ${order.id} (${order.clientOrderId}) was acknowledged and is not there`);
      continue;
    }
    const told = [order.botId, order.clientOrderId, order.side, units(order.quantity)].join();
    const kept = [row['bot_id'], row['client_order_id'], row['side'], row['quantity']].join();
    if (told !== kept) found.push(`lost: order ${order.id} was acknowledged as ${told} and is ${kept}`);
    // What was open may have been closed since; what was closed never changes.
    if (order.status === 'open') continue;
    const toldEnd = [order.status, order.price && units(order.price), order.fee && units(order.fee)].join();
    const keptEnd = [row['status'], row['price'], row['fee']].join();
    if (toldEnd !== keptEnd)
      found.push(`lost: order ${order.id} was acknowledged as ${toldEnd} and is ${keptEnd}`);
  }
  return found;
}

/** Every transaction and the whole sum to zero, and what a wallet holds is what was put in. */
function imbalances(all: Query): string[] {
  const sums = new Map<string, bigint>();
  const add = (key: string, amount: unknown) => sums.set(key, (sums.get(key) ?? 0n) + BigInt(String(amount)));
  const entries = all(
    'SELECT e.*, t.bot_id FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id',
  );
  for (const { transaction_id: id, currency, account, bot_id: botId, amount } of entries) {
    add(`transaction ${id} in ${currency}`, amount);
    add(`the ledger in ${currency}`, amount);
    if (account === 'wallet') add(`the wallet of bot ${botId} less its position in ${currency}`, amount);
  }
  const found: string[] = [];
  for (const { bot_id: botId, currency, amount } of all('SELECT * FROM positions')) {
    add(`the wallet of bot ${botId} less its position in ${currency}`, -BigInt(String(amount)));
    if (Number(amount) < 0) found.push(`bot ${botId} holds less than nothing in ${currency}`);
  }
  for (const [what, sum] of sums) if (sum !== 0n) found.push(`${what} is ${sum} and not 0`);
  return found;
}

/** A filled order has exactly one trade, and its price and fee are what was booked. */
function ordersWithoutTrade(all: Query): string[] {
  const booked = new Map<string, bigint>();
  for (const row of all(
    `SELECT order_id, account, currency, amount FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
     WHERE kind = 'trade'`,
  )) {
    const key = `${row['order_id']} ${row['account']} ${row['currency']}`;
    booked.set(key, (booked.get(key) ?? 0n) + BigInt(String(row['amount'])));
  }
  const traded = new Set([...booked.keys()].map((key) => key.split(' ')[0]));
  const orders = all('SELECT orders.*, symbol FROM orders JOIN bots ON bots.id = bot_id');
  return orders.flatMap((row) => {
    const id = String(row['id']);
    if (row['status'] !== 'filled')
      return traded.has(id) ? `order ${id} is ${row['status']}, but was traded` : [];
    const [base = '', quote = ''] = String(row['symbol']).split('/');
    const sign = row['side'] === 'buy' ? 1n : -1n;
    const quantity = sign * BigInt(String(row['quantity']));
    const isBooked =
      booked.get(`${id} wallet ${base}`) === quantity &&
      booked.get(`${id} fees ${quote}`) === BigInt(String(row['fee']));
    return isBooked ? [] : `order ${id} is filled, but not booked so`;
  });
}

function units(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(8, '0'));
}
