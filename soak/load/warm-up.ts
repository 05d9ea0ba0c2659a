/**
 * A first round of requests of every kind, as many at once as the load will have, so that what a service opens on
 * first use is open before counts are compared. Called by scenarios before the first sample.
 */
import type { LoadConfig } from '../../harness/config.ts';
import { openLane } from './lane.ts';
import type { Lane } from './lane.ts';

export interface WarmUpOptions {
  origin: string;
  config: LoadConfig;
  /** Aborting it closes the connections at once. */
  signal?: AbortSignal;
}

/** Sends each kind of request on every connection, and closes the connections. What is answered does not matter here. */
export async function warmUp({ origin, config, signal }: WarmUpOptions): Promise<void> {
  const lanes = Array.from({ length: config.connections + 1 }, (_, index) =>
    openLane({ origin, kind: index === 0 ? 'fresh' : 'keep-alive', timeoutMs: config.timeoutMs }),
  );
  const closeAll = () => Promise.all(lanes.map((lane) => lane.close()));
  const onAbort = (): void => void closeAll();
  signal?.addEventListener('abort', onAbort, { once: true });
  await Promise.all(lanes.map((lane) => sendEach(lane, config)));
  signal?.removeEventListener('abort', onAbort);
  await closeAll();
}

async function sendEach(lane: Lane, config: LoadConfig): Promise<void> {
  for (const template of config.requests) {
    await new Promise<void>((resolve) => lane.send(template, () => setImmediate(resolve)));
  }
}
