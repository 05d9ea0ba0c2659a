/**
 * Who owns a handle that is handed to a package: what closes what it was given (`owners`), and what goes on using it and
 * leaves it open (`borrowers`).
 */

export interface Borrower {
  /** What takes the handle, as `module path`. */
  by: readonly string[];
  /** What a message calls it. */
  noun: string;
  /** What it does with handles that it did not make. */
  note: string;
}

export const BORROWERS: readonly Borrower[] = [
  {
    by: [
      'bullmq Queue',
      'bullmq QueueEvents',
      'bullmq FlowProducer',
      'bullmq Worker',
      'bullmq QueueScheduler',
    ],
    noun: 'BullMQ',
    note: 'it closes only a connection that it made itself',
  },
  {
    by: ['connect-redis', 'connect-redis RedisStore', 'rate-limit-redis', 'rate-limit-redis RedisStore'],
    noun: 'the store',
    note: 'it has no close',
  },
  {
    by: ['RateLimiterRedis', 'RateLimiterPostgres', 'RateLimiterMySQL', 'RateLimiterMongo'].map(
      (each) => `rate-limiter-flexible ${each}`,
    ),
    noun: 'the rate limiter',
    note: 'it has no close',
  },
  {
    by: [
      'connect-pg-simple ()',
      'connect-mongo create',
      'connect-mongo MongoStore.create',
      'express-mysql-session ()',
    ],
    noun: 'the session store',
    note: 'it ends only what it made itself',
  },
  {
    by: [
      '@socket.io/redis-adapter createAdapter',
      '@socket.io/redis-adapter createShardedAdapter',
      '@socket.io/redis-streams-adapter createAdapter',
      '@socket.io/postgres-adapter createAdapter',
      '@socket.io/mongo-adapter createAdapter',
      'socket.io-redis createAdapter',
    ],
    noun: 'the socket.io adapter',
    note: 'it never closes the clients that it is given',
  },
  {
    by: [
      ...['node-postgres', 'postgres-js', 'mysql2', 'libsql', 'better-sqlite3', 'neon-serverless'].map(
        (each) => `drizzle-orm/${each} drizzle`,
      ),
    ],
    noun: 'drizzle',
    note: 'it has no close of its own',
  },
  {
    by: ['@prisma/adapter-pg PrismaPg'],
    noun: 'the prisma adapter',
    note: 'it leaves a pool that it is given open',
  },
  {
    by: ['graphile-worker run', 'graphile-worker makeWorkerUtils'],
    noun: 'graphile-worker',
    note: 'it leaves a pgPool that it is given open',
  },
  {
    by: ['agenda', 'agenda Agenda', '@hokify/agenda Agenda'],
    noun: 'agenda',
    note: 'it leaves a database that it is given open',
  },
  {
    by: [
      '@bull-board/api BullMQAdapter',
      '@bull-board/api/bullMQAdapter BullMQAdapter',
      '@bull-board/api/bullAdapter BullAdapter',
    ],
    noun: 'bull-board',
    note: 'it only shows the queue',
  },
  {
    by: ['ws WebSocketServer', 'ws Server'],
    noun: 'the websocket server',
    note: 'its close() leaves the http server listening',
  },
  {
    by: ['engine.io attach', 'peer ExpressPeerServer', 'graphql-ws useServer', 'express-ws'],
    noun: 'the websocket server',
    note: 'it leaves the http server listening',
  },
  {
    by: ['cache-manager-ioredis-yet redisInsStore', 'cache-manager-redis-yet redisInsStore'],
    noun: 'the cache',
    note: 'it leaves a client that it is given open',
  },
];

/** What they are given is released with them. */
export const OWNERS: readonly string[] = [
  'kysely PostgresDialect',
  'kysely MysqlDialect',
  'kysely SqliteDialect',
  'keyv',
  'keyv Keyv',
  '@keyv/redis',
  '@apollo/server/plugin/drainHttpServer ApolloServerPluginDrainHttpServer',
];
