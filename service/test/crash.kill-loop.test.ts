import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { closeSync, openSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inspectBooks, inspectEvents, lostFromAnswer, type Acknowledged } from './crash/books.ts';
import { scratchFolder } from './subjects.ts';
import { openDesk } from './trading-desk.ts';

const KILL_LOOP = fileURLToPath(new URL('./crash/kill-loop.ts', import.meta.url));

describe('the service, killed in the middle of trading', () => {
  it('loses nothing that it acknowledged', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      KILL_LOOP,
      '--kills',
      '6',
      '--seed',
      '5',
    ]);
    expect(stdout).toMatch(
      /^6 kills, [1-9]\d+ acknowledged \(\d+ bots, [1-9]\d+ orders\), [1-9]\d+ events, 0 lost, 0 other/,
    );
  }, 120_000);

  it('is told of by a loop that knows what it was asked', async () => {
    await expect(promisify(execFile)(process.execPath, [KILL_LOOP, '--kills', 'many'])).rejects.toMatchObject(
      {
        code: 2,
      },
    );
  });
});

describe('the inspection of its books', () => {
  let folder: string;
  let path: string;
  let acknowledged: Acknowledged;
  let events: number[];

  beforeEach(async () => {
    folder = await scratchFolder();
    path = join(folder, 'db.sqlite');
    const { trading, createBot, database, close } = await openDesk(path);
    const bots = [createBot(), createBot()];
    for (const bot of bots)
      for (const side of ['buy', 'sell'] as const)
        trading.placeOrder(bot.id, { side, type: 'market', quantity: '0.01' }, 'user');
    trading.placeOrder(
      bots[0]?.id ?? 0,
      { side: 'buy', type: 'limit', quantity: '1', limitPrice: '10' },
      'user',
    );
    acknowledged = { bots, orders: trading.orders({ limit: 100 }) };
    events = database.select('SELECT id FROM events ORDER BY id').map(({ id }) => Number(id));
    await close();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  function tamper(sql: string): void {
    const connection = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    connection.exec(sql);
    connection.close();
  }

  it('finds nothing where nothing is wrong, also when an open order was closed since', () => {
    expect(inspectBooks(path, acknowledged)).toEqual([]);
    expect(inspectEvents(path, events)).toEqual([]);
    expect(lostFromAnswer(acknowledged.orders, acknowledged.orders)).toEqual([]);
    tamper(`UPDATE orders SET status = 'cancelled', reason = '', closed_at = '' WHERE status = 'open'`);
    expect(inspectBooks(path, acknowledged)).toEqual([]);
  });

  it.each([
    ['a bot lost', 'DELETE FROM bots WHERE id = 2', 'lost: bot 2'],
    ['a bot changed', 'UPDATE bots SET starting_balance = 1 WHERE id = 1', 'lost: bot 1'],
    [
      'an order lost',
      'DELETE FROM orders WHERE id = 5',
      'lost: order 5 (.*) was acknowledged and is not there',
    ],
    [
      'a fill changed',
      'UPDATE orders SET price = price + 1 WHERE id = 1',
      'lost: order 1 was acknowledged as filled',
    ],
    [
      'a fill undone',
      `UPDATE orders SET status = 'cancelled', price = NULL, fee = NULL WHERE id = 2`,
      'order 2 is cancelled, but was traded',
    ],
    ['an order changed', `UPDATE orders SET quantity = 7 WHERE id = 3`, 'lost: order 3'],
    [
      'a position changed',
      'UPDATE positions SET amount = amount + 1 WHERE bot_id = 1',
      'the wallet of bot 1 less its position',
    ],
    [
      'a position lost',
      `DELETE FROM positions WHERE currency = 'USDT' AND bot_id = 2`,
      'the wallet of bot 2 less its position in USDT',
    ],
    [
      'an entry changed',
      'UPDATE ledger_entries SET amount = amount - 1 WHERE id = 5',
      'transaction . in USDT is -1 and not 0',
    ],
    [
      'a transaction lost',
      'DELETE FROM ledger_entries WHERE transaction_id = 3; DELETE FROM ledger_transactions WHERE id = 3',
      'is filled, but not booked so',
    ],
    [
      'an order that refers to no bot',
      "INSERT INTO ledger_transactions (bot_id, kind, at) VALUES (99, 'deposit', '')",
      'a row of ledger_transactions refers to nothing',
    ],
  ])('finds %s', (_name, sql, complaint) => {
    tamper(sql);
    expect(inspectBooks(path, acknowledged).join('\n')).toMatch(new RegExp(complaint));
  });

  it('finds a damaged file', () => {
    const connection = new DatabaseSync(path, { readOnly: true });
    const page = connection
      .prepare(`SELECT rootpage AS page FROM sqlite_schema WHERE name = 'orders_by_bot'`)
      .get();
    connection.close();
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(64, 0xff), 0, 64, (Number(page?.['page']) - 1) * 4096 + 4096 - 64);
    closeSync(file);
    expect(inspectBooks(path, acknowledged).join('\n')).toMatch(/integrity: /);
  });

  it('finds events that were skipped, repeated, out of order, or forgotten', () => {
    expect(
      inspectEvents(
        path,
        events.filter((id) => id !== 4),
      ),
    ).toEqual(['lost: event 4 was never told']);
    expect(inspectEvents(path, [...events, 3])).toContain('events were told out of order');
    expect(inspectEvents(path, [...events, events.at(-1) ?? 0]).join()).toMatch(/1 events were told twice/);
    expect(inspectEvents(path, [])).toEqual(['no event was ever told']);
    tamper('DELETE FROM events WHERE id = 6');
    expect(inspectEvents(path, events)).toEqual(['lost: event 6 was told and is not there']);
  });

  it('finds what the service tells no more, or otherwise', () => {
    const [first, second, ...rest] = acknowledged.orders.filter(({ status }) => status === 'filled');
    if (first === undefined || second === undefined) throw new Error('nothing was filled');
    expect(lostFromAnswer([{ ...first, price: '1' }, ...rest], [first, second, ...rest])).toEqual([
      `lost: the service tells of order ${first.id} another end than before`,
      `lost: the service does not tell of order ${second.id} any more`,
    ]);
  });
});
