/**
 * The gate on a staging host where install.sh has put the reference service, asked through nginx as its clients do:
 * `JWT_SECRET=... npm run gate -- --config deployment/staging.config.ts --target ssh://root@staging --url http://staging`.
 * The accounts of `shakedown.config.ts` must be those of the host's environment file, and its exchanges within reach.
 */
import { defineConfig } from '../harness/config.ts';
import local from '../shakedown.config.ts';

const { source, soak, limits } = local;
const { JWT_SECRET } = process.env;

export default defineConfig({
  source,
  routes: local.routes,
  service: {
    supervisor: 'systemd',
    // Signs the tokens that have expired; without it the routes say that nobody has one.
    env: JWT_SECRET === undefined ? {} : { JWT_SECRET },
    readiness: { http: '/api/health/ready' },
    readyWithinMs: 20_000,
    exitWithinMs: 15_000,
  },
  target: {
    unit: 'paper-trading.service',
    // Where the socket unit listens; nginx is before it.
    port: 3000,
    url: 'http://127.0.0.1',
    keptListener: true,
    // Of the exchanges.
    companionPorts: [443],
    verify: ['/opt/paper-trading/current/deployment/verify.sh'],
  },
  // Clients wait through a restart: for as long as one may take.
  soak: { cycles: soak?.cycles, load: soak?.load && { ...soak.load, timeoutMs: 15_000 } },
  limits,
});
