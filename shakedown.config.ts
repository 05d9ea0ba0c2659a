/** What the gate runs on the reference service: the example to copy for a service of one's own. */
import { existsSync } from 'node:fs';
import { defineConfig } from './harness/config.ts';

/** The service brings its own Node as a dependency; macOS has no such package and uses the one on the PATH. */
const bundledNode = 'node_modules/.bin/node';

const admin = { email: 'admin@example.test', password: 'correct-horse-battery' };
const trader = { email: 'trader@example.test', password: 'wrong-horse-battery' };
const login = (body: { email: string; password: string }) => ({
  login: { call: 'POST /api/auth/login', body },
});

const bot = { exchange: 'binance', symbol: 'BTC/USDT', strategy: 'rebalance', startingBalance: '10000' };
/** Far below the market: it rests. */
const order = { side: 'buy', type: 'limit', quantity: '0.01', limitPrice: '1000' };

/** What the service may say of an exchange in each mood, and must say soon. */
const says = {
  healthy: ['connected'],
  slow: ['connected', 'degraded'],
  silent: ['down'],
  resetting: ['down'],
  refusing: ['down'],
  429: ['down'],
  500: ['down'],
  malformed: ['down'],
  closing: ['connected', 'degraded'],
};

export default defineConfig({
  source: {
    root: 'service',
    entries: ['service/src/main.ts'],
    tsconfig: 'service/tsconfig.json',
  },
  companions: [
    {
      name: 'exchanges',
      command: [
        'node',
        'fixtures/exchanges/main.ts',
        ...['--control-port', '{port:control}', '--luno-port', '{port:luno}'],
        ...['--binance-port', '{port:binance}', '--kucoin-port', '{port:kucoin}', '--seed', '{seed}'],
      ],
      ports: ['control', 'luno', 'binance', 'kucoin'],
      readiness: { http: '/ready', port: 'control' },
      complaints: { http: '/unserved', port: 'control', pointer: '/unserved' },
    },
  ],
  service: {
    name: 'paper-trading-service',
    command: ['node', 'src/main.ts'],
    cwd: 'service',
    node: existsSync(new URL(bundledNode, import.meta.url)) ? bundledNode : 'node',
    env: {
      PORT: '{port}',
      DATABASE_PATH: '{scratch}/paper-trading.db',
      JWT_SECRET: '{random}',
      ADMIN_EMAIL: admin.email,
      ADMIN_PASSWORD: admin.password,
      USER_EMAIL: trader.email,
      USER_PASSWORD: trader.password,
      LUNO_URL: 'http://{exchanges.luno}',
      BINANCE_URL: 'http://{exchanges.binance}',
      KUCOIN_URL: 'http://{exchanges.kucoin}',
      MARKET_DATA_POLL_MS: '250',
      MARKET_DATA_STALE_MS: '2500',
      EXCHANGE_TIMEOUT_MS: '2000',
    },
    readiness: { http: '/api/health/ready' },
    readyWithinMs: 10_000,
    exitWithinMs: 10_000,
  },
  routes: {
    document: '/openapi.json',
    required: [
      'POST /api/auth/login',
      'GET /api/health/ping',
      'GET /api/health/ready',
      'GET /api/realtime/events',
      'GET /api/system/ping',
      '* /api/admin/*',
    ],
    identities: {
      user: login(trader),
      // An account that a setup makes: it is logged in after that.
      other: login({ email: '{otherEmail}', password: 'third-horse-battery' }),
      admin: login(admin),
      expired: { expire: 'user', signedWith: 'JWT_SECRET' },
    },
    setup: {
      otherAccount: {
        as: 'admin',
        call: 'POST /api/admin/users',
        body: { email: 'other-{random}@example.test', password: 'third-horse-battery' },
        capture: { otherEmail: '/email', otherId: '/id' },
      },
      // Until the exchange has told what it trades, bots are refused.
      bot: {
        as: 'user',
        call: 'POST /api/bots',
        body: { name: 'bot {random}', ...bot },
        capture: { botId: '/id' },
        withinMs: 10_000,
      },
      order: {
        as: 'user',
        call: 'POST /api/bots/{botId}/orders',
        body: { clientOrderId: 'order-{random}', ...order },
        capture: { orderId: '/id' },
      },
    },
    calls: {
      'POST /api/auth/login': {
        body: admin,
        expect: 200,
      },
      'GET /api/markets/{exchange}': { params: { exchange: 'binance' } },
      'POST /api/bots': { body: { name: 'bot {random}', ...bot } },
      'GET /api/bots/{botId}': { params: { botId: '{botId}' } },
      'GET /api/bots/{botId}/ledger': { params: { botId: '{botId}' } },
      'GET /api/bots/{botId}/orders': { params: { botId: '{botId}' } },
      'POST /api/bots/{botId}/orders': { params: { botId: '{botId}' }, body: order },
      // After the emergency stop of the matrix the first bot is stopped for good.
      'PATCH /api/bots/{botId}': { params: { botId: '{botId}' }, body: { status: 'paused' }, fresh: ['bot'] },
      'DELETE /api/bots/{botId}/orders/{orderId}': {
        params: { botId: '{botId}', orderId: '{orderId}' },
        fresh: ['bot', 'order'],
      },
      'POST /api/admin/users': {
        body: { email: 'new-{random}@example.test', password: 'fourth-horse-battery' },
      },
      'PATCH /api/admin/users/{userId}': { params: { userId: '{otherId}' }, body: { role: 'user' } },
    },
    matrix: {
      // Public, whoever asks.
      'GET /openapi.json': 200,
      '* /api/health/*': 200,
      '* /api/system/*': 200,
      'POST /api/auth/login': 200,
      // Everything else needs a token that is valid now.
      '* /api/*': { none: 401, garbage: 401, expired: 401, user: 200, other: 200, admin: 200 },
      'POST /api/bots': { user: 201, other: 201, admin: 201 },
      // What is the user's: the other does not even hear that it exists.
      '* /api/bots/{botId}': { other: 404 },
      '* /api/bots/{botId}/*': { other: 404 },
      'POST /api/bots/{botId}/orders': { user: 201, admin: 201 },
      '* /api/admin/*': { user: 403, other: 403 },
      'POST /api/admin/users': { admin: 201 },
    },
  },
  soak: {
    cycles: 10,
    faults: { database: '{scratch}/paper-trading.db', lanes: 2 },
    load: {
      requestsPerSecond: 120,
      beforeStopMs: 500,
      requests: [
        { path: '/api/health/ping', weight: 8 },
        { path: '/api/system/status', weight: 4 },
        { path: '/api/orders', as: 'user', weight: 4 },
        { path: '/api/positions', as: 'user', weight: 2 },
        // The first one makes it; from then on it trades through every restart.
        {
          method: 'POST',
          path: '/api/bots',
          as: 'user',
          body: { ...bot, name: 'soak', strategy: 'momentum' },
          expect: [201, 409],
          weight: 1,
        },
        { method: 'POST', path: '/api/auth/login', body: admin, weight: 1 },
      ],
      streams: [{ path: '/api/realtime/events', as: 'user', count: 5 }],
    },
    moods: {
      companion: 'exchanges',
      subjects: ['luno', 'binance', 'kucoin'],
      moods: ['healthy', 'slow', 'silent', 'resetting', 'refusing', '429', '500', 'malformed', 'closing'],
      set: { port: 'control', path: '/{subject}/mood', body: { mood: '{mood}' } },
      reset: { port: 'control', path: '/moods', body: { mood: 'healthy' } },
      struck: { port: 'control', path: '/{subject}', pointer: '/struck' },
      truth: {
        path: '/api/system/status',
        pointer: '/exchanges',
        where: { id: '{subject}' },
        field: 'status',
        withinMs: 10_000,
        says,
      },
      holdMs: 500,
    },
  },
  // Every scenario of the soak on a busy machine takes more than the usual quarter of an hour.
  gateWithinMs: 1_800_000,
  deployment: { exposureAtMost: 1.5 },
  limits: { readyWithinMs: 10_000, exitWithinMs: 5_000, unreadyWithinMs: 200 },
  rules: {
    mustHaveSubjects: [
      'admin-route-guarded',
      'exchange-closed',
      'exit-after-release',
      'guard-denies-on-error',
      'resource-released',
      'scheduler-lazy',
      'shutdown-call-guarded',
      'shutdown-error-logged',
      'signal-handled',
      'signal-reentrant',
      'start-awaited',
      'start-idempotent',
      'started-once',
      'stop-awaited',
      'stop-safe',
    ],
  },
});
