/**
 * The schema of the database, one step after the other. Run by `database.ts`. Amounts are integers in units of 1e-8,
 * times are ISO 8601 in UTC.
 */

/** Each brings the schema from its index to the next version; what has been released is never edited. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE users (
     id INTEGER PRIMARY KEY,
     email TEXT NOT NULL UNIQUE COLLATE NOCASE,
     password_hash TEXT NOT NULL,
     role TEXT NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin')),
     is_admin INTEGER NOT NULL DEFAULT 0 CHECK (is_admin IN (0, 1)),
     created_at TEXT NOT NULL
   ) STRICT;
   CREATE TABLE autopilot_runs (
     id INTEGER PRIMARY KEY,
     ran_at TEXT NOT NULL,
     users INTEGER NOT NULL
   ) STRICT;`,
  `CREATE TABLE bots (
     id INTEGER PRIMARY KEY,
     user_id INTEGER NOT NULL REFERENCES users (id),
     name TEXT NOT NULL,
     exchange TEXT NOT NULL CHECK (exchange IN ('luno', 'binance', 'kucoin')),
     symbol TEXT NOT NULL,
     strategy TEXT NOT NULL CHECK (strategy IN ('momentum', 'mean-reversion', 'rebalance')),
     target_share INTEGER NOT NULL CHECK (target_share BETWEEN 0 AND 100000000),
     stage TEXT NOT NULL DEFAULT 'candidate' CHECK (stage IN ('candidate', 'promoted')),
     status TEXT NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'paused', 'stopped')),
     status_reason TEXT NOT NULL DEFAULT '',
     starting_balance INTEGER NOT NULL CHECK (starting_balance > 0),
     created_at TEXT NOT NULL,
     UNIQUE (user_id, name)
   ) STRICT;
   CREATE TABLE orders (
     id INTEGER PRIMARY KEY,
     bot_id INTEGER NOT NULL REFERENCES bots (id),
     client_order_id TEXT NOT NULL,
     side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
     type TEXT NOT NULL CHECK (type IN ('market', 'limit')),
     quantity INTEGER NOT NULL CHECK (quantity > 0),
     limit_price INTEGER CHECK (limit_price > 0),
     status TEXT NOT NULL CHECK (status IN ('open', 'filled', 'cancelled', 'rejected')),
     reason TEXT,
     price INTEGER CHECK (price > 0),
     fee INTEGER CHECK (fee >= 0),
     placed_by TEXT NOT NULL CHECK (placed_by IN ('user', 'strategy', 'autopilot', 'bodyguard')),
     created_at TEXT NOT NULL,
     closed_at TEXT,
     CHECK ((type = 'limit') = (limit_price IS NOT NULL)),
     CHECK ((status = 'filled') = (price IS NOT NULL AND fee IS NOT NULL)),
     CHECK ((status = 'open') = (closed_at IS NULL)),
     UNIQUE (bot_id, client_order_id)
   ) STRICT;
   CREATE INDEX orders_by_bot ON orders (bot_id);
   CREATE INDEX orders_open ON orders (bot_id) WHERE status = 'open';
   CREATE TABLE ledger_transactions (
     id INTEGER PRIMARY KEY,
     bot_id INTEGER NOT NULL REFERENCES bots (id),
     order_id INTEGER UNIQUE REFERENCES orders (id),
     kind TEXT NOT NULL CHECK (kind IN ('deposit', 'trade', 'withdrawal')),
     at TEXT NOT NULL,
     CHECK ((kind = 'trade') = (order_id IS NOT NULL))
   ) STRICT;
   CREATE INDEX ledger_transactions_by_bot ON ledger_transactions (bot_id);
   CREATE TABLE ledger_entries (
     id INTEGER PRIMARY KEY,
     transaction_id INTEGER NOT NULL REFERENCES ledger_transactions (id),
     account TEXT NOT NULL CHECK (account IN ('wallet', 'market', 'fees', 'outside')),
     currency TEXT NOT NULL,
     amount INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX ledger_entries_by_transaction ON ledger_entries (transaction_id);
   CREATE TABLE positions (
     bot_id INTEGER NOT NULL REFERENCES bots (id),
     currency TEXT NOT NULL,
     amount INTEGER NOT NULL CHECK (amount >= 0),
     cost INTEGER NOT NULL CHECK (cost >= 0),
     PRIMARY KEY (bot_id, currency)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE events (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     at TEXT NOT NULL,
     user_id INTEGER REFERENCES users (id),
     type TEXT NOT NULL,
     data TEXT NOT NULL CHECK (json_valid(data))
   ) STRICT;
   CREATE TABLE audit (
     id INTEGER PRIMARY KEY,
     at TEXT NOT NULL,
     actor_id INTEGER REFERENCES users (id),
     action TEXT NOT NULL,
     subject TEXT NOT NULL,
     details TEXT NOT NULL CHECK (json_valid(details))
   ) STRICT;`,
];
