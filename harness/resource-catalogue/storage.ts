/** Databases, caches and stores besides the most common ones. See the row type for the words. */
import { atOnce, byCallback, byPromise } from './compact.ts';
import type { ResourceRow } from './row.ts';

const CONNECTS = { startedBy: ['connect'], startPromises: ['connect'] } as const;
const GIVES_PROMISE = { opensPromise: true } as const;
/** The pool waits for it without end, and gives nobody else the connection meanwhile. */
const BORROWED = { opensPromise: true, waitsWithoutLimit: false, keepsProcessAlive: true } as const;

export const STORAGE_ROWS: readonly ResourceRow[] = [
  atOnce(
    'connection',
    'connection taken from the pool',
    ['pg Pool().connect', 'pg-pool ().connect', '@neondatabase/serverless Pool().connect'],
    ['release'],
    {
      ...BORROWED,
      secondRelease: 'throws',
      notClosedBy: { end: 'it closes the connection, and the pool goes on counting it as taken' },
      hint: 'call client.release() in a finally',
    },
  ),
  atOnce(
    'connection',
    'connection taken from the pool',
    [
      'mysql2/promise createPool().getConnection',
      'mysql2 createPool().getConnection',
      'mysql createPool().getConnection',
      'mariadb createPool().getConnection',
      'oracledb createPool().getConnection',
    ],
    ['release', 'destroy', 'close', 'end'],
    { ...BORROWED, hint: 'call connection.release() in a finally' },
  ),
  byPromise('database', 'postgres pool', ['pg-pool', '@neondatabase/serverless Pool'], ['end'], {
    secondRelease: 'rejects',
    waitsWithoutLimit: true,
  }),
  byPromise('database', 'postgres database', ['pg-promise ()()'], ['end'], {
    aliases: ['$pool'],
    closesAll: ['pg-promise ().end'],
    hint: 'await db.$pool.end(), or call pgp.end()',
  }),
  byPromise('database', 'slonik pool', ['slonik createPool'], ['end'], GIVES_PROMISE),
  byPromise('database', 'connection pool', ['@databases/pg', '@databases/mysql'], ['dispose']),
  byPromise(
    'database',
    'drizzle database',
    [
      ...['node-postgres', 'postgres-js', 'mysql2', 'libsql', 'better-sqlite3', 'neon-serverless'].map(
        (each) => `drizzle-orm/${each} drizzle`,
      ),
    ],
    ['end', 'close'],
    {
      aliases: ['$client'],
      onlyWithOption: ['connection', '@address'],
      hint: 'await db.$client.end(): drizzle has no close of its own',
    },
  ),
  byPromise('database', 'mysql pool cluster', ['mysql2 createPoolCluster'], ['end'], {
    aliases: ['promise'],
  }),
  byCallback(
    'database',
    'mysql connection',
    ['mysql createPool', 'mysql createConnection'],
    ['end', 'destroy'],
  ),
  byPromise('database', 'mariadb pool', ['mariadb createPool'], ['end']),
  byPromise(
    'database',
    'mariadb connection',
    ['mariadb createConnection'],
    ['end', 'destroy'],
    GIVES_PROMISE,
  ),
  byPromise('database', 'sql server pool', ['mssql ConnectionPool'], ['close'], CONNECTS),
  byPromise('database', 'sql server pool', ['mssql connect'], ['close'], {
    ...GIVES_PROMISE,
    closesAll: ['mssql close'],
    noHandle: true,
    hint: 'await sql.close()',
  }),
  atOnce('database', 'sql server connection', ['tedious Connection'], ['close'], CONNECTS),
  byPromise('database', 'oracle pool', ['oracledb createPool'], ['close'], GIVES_PROMISE),
  byPromise('database', 'oracle connection', ['oracledb getConnection'], ['close', 'release'], GIVES_PROMISE),
  byCallback('database', 'sqlite database', ['sqlite3 Database', '@vscode/sqlite3 Database'], ['close'], {
    keepsProcessAlive: false,
  }),
  byPromise('database', 'sqlite database', ['sqlite open'], ['close'], {
    ...GIVES_PROMISE,
    keepsProcessAlive: false,
  }),
  atOnce('database', 'libsql client', ['@libsql/client createClient'], ['close'], {
    keepsProcessAlive: false,
  }),
  atOnce('database', 'duckdb instance', ['@duckdb/node-api DuckDBInstance.create'], ['closeSync'], {
    ...GIVES_PROMISE,
    keepsProcessAlive: false,
  }),
  byPromise('database', 'cassandra client', ['cassandra-driver Client'], ['shutdown'], CONNECTS),
  byPromise('database', 'neo4j driver', ['neo4j-driver driver'], ['close']),
  byPromise('database', 'neo4j session', ['neo4j-driver driver().session'], ['close'], {
    keepsProcessAlive: false,
    endsWithProcess: true,
    hint: 'await session.close() in a finally: it gives its connection back',
  }),
  byPromise('database', 'clickhouse client', ['@clickhouse/client createClient'], ['close'], {
    keepsProcessAlive: false,
    endsWithProcess: true,
  }),
  byPromise(
    'database',
    'search client',
    ['@elastic/elasticsearch Client', '@opensearch-project/opensearch Client'],
    ['close'],
    { keepsProcessAlive: false, endsWithProcess: true },
  ),
  byPromise(
    'database',
    'influx write api',
    ['@influxdata/influxdb-client InfluxDB().getWriteApi'],
    ['close'],
    {
      hint: 'await writeApi.close(): it sends the points that are still buffered',
    },
  ),
  atOnce('database', 'arango database', ['arangojs Database'], ['close'], {
    keepsProcessAlive: false,
    endsWithProcess: true,
  }),
  byPromise('database', 'couchbase cluster', ['couchbase connect'], ['close'], GIVES_PROMISE),
  byPromise(
    'database',
    'level database',
    ['level Level', 'classic-level ClassicLevel', 'lmdb open'],
    ['close'],
    { keepsProcessAlive: false },
  ),
  byPromise(
    'database',
    'MikroORM',
    ['postgresql', 'mysql', 'mariadb', 'sqlite', 'better-sqlite', 'libsql', 'mongodb', 'mssql'].map(
      (each) => `@mikro-orm/${each} MikroORM.init`,
    ),
    ['close'],
    { ...GIVES_PROMISE, waitsWithoutLimit: true, hint: 'await orm.close()' },
  ),
  byPromise('database', 'mongoose connection', ['mongoose connect'], ['disconnect'], {
    ...GIVES_PROMISE,
    closesAll: ['mongoose disconnect', 'mongoose connection.close', 'mongoose connection.destroy'],
    noHandle: true,
    waitsWithoutLimit: true,
    hint: 'await mongoose.disconnect()',
  }),
  byPromise('database', 'mongodb client', ['mongodb MongoClient.connect'], ['close'], {
    ...GIVES_PROMISE,
    waitsWithoutLimit: true,
    hint: 'await client.close()',
  }),
  byPromise('database', 'typeorm connection', ['typeorm createConnection'], ['close', 'destroy'], {
    ...GIVES_PROMISE,
    secondRelease: 'rejects',
  }),
  byPromise(
    'database',
    'firebase app',
    ['firebase-admin initializeApp', 'firebase-admin/app initializeApp'],
    ['delete'],
    {
      closedBy: ['firebase-admin/app deleteApp'],
      keepsProcessAlive: false,
      endsWithProcess: true,
    },
  ),
  byPromise(
    'cache',
    'valkey client',
    ['iovalkey', 'iovalkey Redis', 'iovalkey Cluster'],
    ['quit', 'disconnect'],
    {
      closesSync: ['disconnect'],
      secondRelease: 'rejects',
      notClosedBy: { shutdown: 'it stops the server' },
    },
  ),
  atOnce(
    'cache',
    'valkey client',
    ['@valkey/valkey-glide GlideClient.createClient', '@valkey/valkey-glide GlideClusterClient.createClient'],
    ['close'],
    GIVES_PROMISE,
  ),
  byPromise(
    'cache',
    'keyv store',
    ['@keyv/redis', '@keyv/redis createKeyv', '@keyv/postgres', '@keyv/mongo'],
    ['disconnect'],
  ),
  atOnce('cache', 'memcached client', ['memcached'], ['end']),
  atOnce('cache', 'memcached client', ['memjs Client.create'], ['close', 'quit']),
  atOnce('cache', 'node-cache', ['node-cache'], ['close'], {
    keepsProcessAlive: false,
    endsWithProcess: true,
  }),
  byPromise('cache', 'rate limiter with a datastore', ['bottleneck'], ['disconnect', 'stop'], {
    onlyWithOption: 'datastore',
    hint: 'await limiter.stop(), then limiter.disconnect()',
  }),
  byPromise('client', 'resource pool', ['generic-pool createPool'], ['drain', 'clear'], {
    hint: 'await pool.drain(), then pool.clear()',
    waitsWithoutLimit: true,
  }),
  atOnce('client', 'etcd client', ['etcd3 Etcd3'], ['close']),
  atOnce('client', 'zookeeper client', ['node-zookeeper-client createClient'], ['close'], {
    startedBy: ['connect'],
  }),
];
