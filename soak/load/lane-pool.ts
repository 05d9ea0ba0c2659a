/** The connections of one load: half of them kept, half new for each request, used by turns. Owned by `generator.ts`. */
import type { LoadConfig } from '../../harness/config.ts';
import type { RequestTrace } from './fate.ts';
import { openLane } from './lane.ts';
import type { Lane, LaneKind } from './lane.ts';

/** Connections of one load at most. */
const MOST_LANES = 2_000;

export class LanePool {
  readonly #lanes: Lane[];
  readonly #open: (kind: LaneKind) => Lane;
  readonly #most: number;

  constructor(origin: string, { connections, requestsPerSecond, timeoutMs }: LoadConfig) {
    this.#open = (kind) => openLane({ origin, kind, timeoutMs });
    this.#lanes = laneKinds(connections).map(this.#open);
    // Each request waits for its time limit at most.
    const waiting = Math.ceil((requestsPerSecond * timeoutMs) / 1_000);
    this.#most = Math.max(connections, Math.min(waiting, MOST_LANES));
  }

  free(): Lane[] {
    return this.#lanes.filter(isFree);
  }

  /** Kept connections that are open and have answered before. */
  warm(): Lane[] {
    return this.#lanes.filter((lane) => lane.kind === 'keep-alive' && lane.isWarm());
  }

  idleWarm(): Lane[] {
    return this.warm().filter(isFree);
  }

  isIdle(): boolean {
    return this.#lanes.every(isFree);
  }

  /** Requests that are unanswered on connections which were accepted for certain. */
  onTheWire(): number {
    return this.#lanes.filter(({ current }) => isOnTheWire(current)).length;
  }

  /** Opens as many as are wanting for that many who wait. */
  growFor(kind: LaneKind, waiting: number): void {
    const free = this.#lanes.filter((lane) => lane.kind === kind && isFree(lane)).length;
    const count = Math.min(waiting - free, this.#most - this.#lanes.length);
    for (let opened = 0; opened < count; opened += 1) this.#lanes.push(this.#open(kind));
  }

  /** Its turn comes after all others: every one has answered before the strike, and none idles into its timeout. */
  putLast(lane: Lane): void {
    this.#lanes.splice(this.#lanes.indexOf(lane), 1);
    this.#lanes.push(lane);
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }
}

/** Half of the connections are kept, half are opened for each request; one of each at least. */
function laneKinds(connections: number): LaneKind[] {
  const kept = Math.max(1, Math.ceil(connections / 2));
  const fresh = Math.max(1, connections - kept);
  return [...Array<LaneKind>(kept).fill('keep-alive'), ...Array<LaneKind>(fresh).fill('fresh')];
}

function isFree(lane: Lane): boolean {
  return lane.current === undefined;
}

function isOnTheWire(trace: RequestTrace | undefined): boolean {
  return trace?.sentAtMs !== undefined && trace.reused && !trace.complete;
}
