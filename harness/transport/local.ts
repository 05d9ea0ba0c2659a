/** Runs commands on this host. Used by the preflight, the supervisors and scenarios. */
import { createTransport } from './through.ts';
import type { Transport } from './transport.ts';

/** The host the harness runs on. */
export const localTransport: Transport = createTransport('this host', (argv, { cwd, environment }) => ({
  argv,
  ...(cwd === undefined ? {} : { cwd }),
  ...(environment === undefined ? {} : { environment }),
}));
