/** The process groups that one supervisor has started; those of which nothing is left are forgotten. Called by `process.ts`. */
import { guardian } from './guardian.ts';
import { findLeftovers } from './leftovers.ts';
import type { GroupRecord, Marker } from './leftovers.ts';
import type { ProcessStat } from './proc.ts';

/** A look is not taken at one instant: what forks while its parent ends may be missed once. */
const LOOKS_UNTIL_EMPTY = 2;

export class Groups {
  readonly #marker: Marker;
  #known: (GroupRecord & { emptyLooks: number })[] = [];

  constructor(marker: Marker) {
    this.#marker = marker;
  }

  /** How many are kept in mind. */
  get size(): number {
    return this.#known.length;
  }

  add(record: GroupRecord): void {
    this.#forget(({ emptyLooks }) => emptyLooks >= LOOKS_UNTIL_EMPTY);
    guardian.group(record);
    this.#known.push({ ...record, emptyLooks: 0 });
  }

  /** What lives of them, or carries the marker. */
  leftovers(): ProcessStat[] {
    const found = findLeftovers(this.#known, this.#marker);
    for (const group of this.#known)
      group.emptyLooks = found.some(({ groupId }) => groupId === group.pid) ? 0 : group.emptyLooks + 1;
    return found;
  }

  forgetAll(): void {
    this.#forget(() => true);
  }

  #forget(isOver: (group: { emptyLooks: number }) => boolean): void {
    for (const { pid } of this.#known.filter(isOver)) guardian.forget(pid);
    this.#known = this.#known.filter((group) => !isOver(group));
  }
}
