/** The exchanges of the service alone, in a process of their own that ends by itself if nothing holds it. Forked by the tests. */
import { exchangeIds, type ExchangeId } from '../src/exchanges/exchange.ts';
import { Exchanges } from '../src/exchanges/exchanges.ts';
import { createLogger } from '../src/logger.ts';

const { urls, ...times } = JSON.parse(process.argv[2] ?? '') as {
  urls: Record<ExchangeId, string>;
  timeoutMs: number;
  pollMs: number;
  staleMs: number;
};
const log = createLogger('warn');
const exchanges = new Exchanges({
  enabled: exchangeIds,
  urls,
  ...times,
  events: { record: () => undefined },
  log,
});
const told = { prices: 0 };
await exchanges.start();
for (const id of exchangeIds)
  exchanges.watch(id, id === 'luno' ? 'ETH/ZAR' : 'ETH/USDT', () => (told.prices += 1));

process.on('message', (command) => {
  if (command === 'status') process.send?.({ statuses: exchanges.status(), ...told });
  if (command === 'reopen')
    void Promise.all(exchangeIds.map((id) => exchanges.reopen(id))).then(() => process.send?.('reopened'));
  if (command === 'stop') void stop();
});

process.send?.('ready');

async function stop(): Promise<void> {
  const begunAt = performance.now();
  await exchanges.stop();
  const stopMs = performance.now() - begunAt;
  // What Node releases in the same turn of the event loop is not held.
  await new Promise((resolve) => setImmediate(resolve));
  const resources = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap');
  process.send?.({ stopMs, resources }, () => process.disconnect());
}
