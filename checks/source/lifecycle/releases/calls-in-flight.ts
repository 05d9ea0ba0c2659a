/** How long a call of an exchange may be under way when the service is told to stop. Used by exchange-closed. */
import type { Resource } from '../../graph/graph.ts';
import type { GivenUnit } from '../../given.ts';

/** What an orchestrator leaves a service that says nothing of it. */
const USUAL = { stopWithinMs: 30_000, words: 'the usual time to stop' };

/**
 * The timeout that is written where the exchange is made is longer than the service is given to stop. Left out it is 10 s:
 * calls are bounded.
 */
export function callsOutlast(
  { site }: Resource,
  units: readonly GivenUnit[] | undefined,
): { seconds: number; words: string; limit: number } | undefined {
  const timeout = site.call.a.flatMap((each) => {
    const found = each.k === 'object' ? each.props.find(([name]) => name === 'timeout') : undefined;
    return found?.[1].k === 'constant' && found[1].t === 'number'
      ? [Number(found[1].text.replaceAll('_', ''))]
      : [];
  })[0];
  const [limit = USUAL] = [...(units ?? [])].sort((a, b) => a.stopWithinMs - b.stopWithinMs);
  if (timeout === undefined || !(timeout > limit.stopWithinMs)) return undefined;
  return { seconds: timeout / 1000, words: limit.words, limit: limit.stopWithinMs / 1000 };
}
