/** The moment in which requests are certain to be on the wire. Used by `generator.ts` for its strike. */
import { deadlineIn } from '../../harness/deadline.ts';
import type { LanePool } from './lane-pool.ts';

/** How long a burst may take to get on the wire. */
const BURST_WAIT_MS = 100;
/** How long bursts are repeated of which nothing got on the wire. */
const BURSTS_WITHIN_MS = 2_000;

/**
 * Calls `strike` in the turn in which the last of a burst is written. A burst of which nothing gets on the wire in time,
 * because the host stands still or the service closes its connections, is followed by another.
 * @param burst sends on idle connections, calls back when the last one is written, and tells how many they are.
 */
export function whenSent(
  lanes: LanePool,
  burst: (onAllSent: () => void) => number,
  strike: () => void,
): Promise<void> {
  const deadline = deadlineIn(BURSTS_WITHIN_MS, 'requests on the wire');
  return new Promise((resolve) => {
    const attempt = (): void => {
      let over = false;
      const sent = (): void => {
        if (over) return;
        over = true;
        clearTimeout(timer);
        if (lanes.onTheWire() === 0 && lanes.warm().length > 0 && !deadline.expired()) {
          setTimeout(attempt, 1);
          return;
        }
        strike();
        resolve();
      };
      // A connection that the service closes at this moment sends nothing: the others do.
      const timer = setTimeout(sent, BURST_WAIT_MS);
      if (burst(sent) === 0) sent();
    };
    attempt();
  });
}
