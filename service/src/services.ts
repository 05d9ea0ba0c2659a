/** What the routes are given to answer with. Put together by `main.ts`; what is switched off is not there. */
import type { Logger } from 'pino';
import type { Accounts } from './accounts.ts';
import type { Autopilot } from './autopilot.ts';
import type { Database } from './database.ts';
import type { Events } from './events.ts';
import type { Exchanges } from './exchanges/exchanges.ts';
import type { Features } from './features.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { SelfHealing } from './self-healing.ts';
import type { Trading } from './trading/trading.ts';

export interface Services {
  lifecycle: Pick<Lifecycle, 'phase'>;
  database: Database;
  accounts: Accounts;
  events: Events;
  exchanges: Exchanges;
  features: Features;
  maxEventStreams: number;
  log: Logger;
  trading?: Trading | undefined;
  autopilot?: Autopilot | undefined;
  selfHealing?: SelfHealing | undefined;
}

/** The options of every plugin with routes. */
export interface RouteOptions {
  services: Services;
}
