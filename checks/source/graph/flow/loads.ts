/** The members that are read of a thing, and where to: told again to each parent that the thing gets. Used by the loads. */
import type { NodeId } from './things.ts';

export class Loads {
  /** In the order in which they came. A parent that loads of itself adds to the list while it is walked. */
  readonly list: [name: string, to: NodeId][] = [];
  /** A place is almost always filled from one name. */
  readonly #first = new Map<NodeId, string>();
  readonly #others = new Set<string>();

  /** False when it was there already. */
  add(name: string, to: NodeId): boolean {
    const first = this.#first.get(to);
    if (first === name) return false;
    if (first === undefined) this.#first.set(to, name);
    else {
      const key = `${to} ${name}`;
      if (this.#others.has(key)) return false;
      this.#others.add(key);
    }
    this.list.push([name, to]);
    return true;
  }
}
