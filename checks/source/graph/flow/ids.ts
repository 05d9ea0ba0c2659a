/** Numbers in the order in which they came, each once. Most lists of the flow hold a handful: those are searched, not indexed. */
const FEW = 12;

export interface ReadonlyIds extends Iterable<number> {
  readonly size: number;
  has(id: number): boolean;
}

export class Ids implements ReadonlyIds {
  /** Grows while it is walked by index. */
  readonly list: number[] = [];
  /** Takes no more: for whoever fills it to ask. */
  isClosed = false;
  #index: Set<number> | undefined;

  get size(): number {
    return this.list.length;
  }

  has(id: number): boolean {
    return this.#index === undefined ? this.list.includes(id) : this.#index.has(id);
  }

  /** False when it was there already. */
  add(id: number): boolean {
    if (this.has(id)) return false;
    this.list.push(id);
    if (this.#index !== undefined) this.#index.add(id);
    else if (this.list.length > FEW) this.#index = new Set(this.list);
    return true;
  }

  [Symbol.iterator](): Iterator<number> {
    return this.list[Symbol.iterator]();
  }
}
