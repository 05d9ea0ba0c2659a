/** What the gate runs on the reference service: the example to copy for a service of one's own. */
import { existsSync } from 'node:fs';
import { defineConfig } from './harness/config.ts';

/** The service brings its own Node as a dependency; macOS has no such package and uses the one on the PATH. */
const bundledNode = 'node_modules/.bin/node';

export default defineConfig({
  source: {
    root: 'service',
    entries: ['service/src/main.ts'],
    tsconfig: 'service/tsconfig.json',
  },
  service: {
    name: 'paper-trading-service',
    command: ['node', 'src/main.ts'],
    cwd: 'service',
    node: existsSync(new URL(bundledNode, import.meta.url)) ? bundledNode : 'node',
    env: {
      PORT: '{port}',
      DATABASE_PATH: '{scratch}/paper-trading.db',
      JWT_SECRET: '{random}',
      ADMIN_EMAIL: 'admin@example.test',
      ADMIN_PASSWORD: 'correct-horse-battery',
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
      'GET /api/system/ping',
      '* /api/admin/*',
    ],
    calls: {
      'POST /api/auth/login': {
        body: { email: 'admin@example.test', password: 'correct-horse-battery' },
        expect: 200,
      },
      'GET /api/admin/users': { expect: 401 },
    },
  },
  soak: {
    cycles: 10,
    load: {
      requestsPerSecond: 120,
      beforeStopMs: 500,
      requests: [
        { path: '/api/health/ping', weight: 10 },
        { path: '/api/system/ping', weight: 8 },
        {
          method: 'POST',
          path: '/api/auth/login',
          body: { email: 'admin@example.test', password: 'correct-horse-battery' },
          weight: 1,
        },
      ],
    },
  },
  limits: { readyWithinMs: 5_000, exitWithinMs: 5_000 },
  rules: {
    mustHaveSubjects: [
      'start-awaited',
      'shutdown-call-guarded',
      'stop-awaited',
      'resource-released',
      'signal-handled',
    ],
  },
});
