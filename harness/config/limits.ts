/** The part of the configuration that judges hold against what was seen. Part of `config.ts`. */
import { z } from 'zod';

const positiveMs = z.number().positive();

/** Limits that judges hold against observations; `shakedown judge RUN --limit KEY=VALUE` replaces them. */
export const limits = z.strictObject({
  readyWithinMs: positiveMs.default(15_000),
  exitWithinMs: positiveMs.default(10_000),
  portFreeWithinMs: positiveMs.default(2_000),
  /** How long after the stop signal the readiness route may still say ready. */
  unreadyWithinMs: positiveMs.default(1_000),
  exitCode: z.number().int().default(0),
  /** The least rate of load that counts as load. */
  minRequestsPerSecond: z.number().default(50),
  /** Descriptors more when quiet after the load than when ready. */
  descriptorGrowth: z.number().int().nonnegative().default(0),
  childGrowth: z.number().int().nonnegative().default(0),
  /** Connections to companions more: a pool opens some when it needs them, a leak opens one for each request. */
  companionSocketGrowth: z.number().int().nonnegative().default(8),
  /** Things of one kind (timers, servers, watchers, children) more inside the process when quiet after the load than when ready. */
  openGrowth: z.number().int().nonnegative().default(0),
  /** A one-shot timer that is due sooner ends by itself, and is no leak. */
  longTimerMs: positiveMs.default(60_000),
  /** How late the event loop may be, from when the service is ready. */
  loopDelayMs: positiveMs.default(500),
  /** Growth of the heap for each request, in bytes, that is not worth a word; more of it, and no chance, is a leak. */
  heapBytesPerRequest: z.number().nonnegative().default(30),
  /** The same of a release that is known to be clean, from a run of its own: it is taken off. */
  heapBaselineBytesPerRequest: z.number().default(0),
  /** Keep-alive requests reset on an idle connection that the server was closing; a client retries these. */
  resetReusedRequests: z.number().int().nonnegative().default(0),
});
export type Limits = z.output<typeof limits>;
