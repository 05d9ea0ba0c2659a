/** How long the helper libraries for shutdowns wait before they end the process themselves. Used by the deadlines. */
import type { Value } from '../../facts/model.ts';
import type { Site } from '../../graph/graph.ts';

interface HelperLimit {
  /** The option that sets it. */
  option: string;
  /** What holds without the option; absent: there is no limit then. */
  defaultMs?: number;
}

/** By package. Read from their documentation and source. */
const LIMITS: Record<string, HelperLimit> = {
  'close-with-grace': { option: 'delay', defaultMs: 10_000 },
  'http-graceful-shutdown': { option: 'timeout', defaultMs: 30_000 },
  '@godaddy/terminus': { option: 'timeout', defaultMs: 1000 },
  lightship: { option: 'gracefulShutdownTimeout', defaultMs: 60_000 },
  'exit-hook': { option: 'wait' },
  'async-exit-hook': { option: 'timeout', defaultMs: 10_000 },
  'node-graceful': { option: 'timeout', defaultMs: 30_000 },
  '@gquittet/graceful-server': { option: 'timeout', defaultMs: 1000 },
  'graceful-server': { option: 'timeout', defaultMs: 1000 },
  '@ladjs/graceful': { option: 'timeoutMs', defaultMs: 5000 },
};

export type Limit = { limit?: { value: Value; ref: Site } | { ms: number } };

/** `undefined` when the helper waits for ever. */
export function helperLimit(helper: string, site: Site): Limit | undefined {
  const known = LIMITS[helper.split(' ')[0] ?? ''];
  if (!known) return undefined;
  const written = site.call.a.flatMap((each) =>
    each.k === 'object' ? each.props.filter(([name]) => name === known.option) : [],
  )[0]?.[1];
  if (written?.k === 'constant' && (written.text === 'false' || written.text === 'null')) return undefined;
  if (written) return { limit: { value: written, ref: site } };
  // Options that are handed on as a whole may set it.
  const isOpen = site.call.a.some((each) =>
    each.k === 'object' ? each.spread.length > 0 : each.k === 'ref' || each.k === 'member',
  );
  if (isOpen) return {};
  return known.defaultMs === undefined ? undefined : { limit: { ms: known.defaultMs } };
}
