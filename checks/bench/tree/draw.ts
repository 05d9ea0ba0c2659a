/** Draws from a seed, so that a generated tree is the same on every machine. Used by the generator of the bench. */

export interface Draw {
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  chance(share: number): boolean;
  one<T>(from: readonly T[]): T;
  /** Up to `count` different ones, in their order. */
  some<T>(from: readonly T[], count: number): T[];
}

export function createDraw(seed: number): Draw {
  let state = seed >>> 0;
  // mulberry32: small, and the same everywhere.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    between,
    chance: (share) => next() < share,
    one: (from) => {
      const picked = from[between(0, from.length - 1)];
      if (picked === undefined) throw new Error('nothing to draw from');
      return picked;
    },
    some: (from, count) => {
      const places = new Set<number>();
      for (let tries = 0; tries < count * 2 && places.size < Math.min(count, from.length); tries += 1)
        places.add(between(0, from.length - 1));
      return [...places].sort((a, b) => a - b).flatMap((place) => from.slice(place, place + 1));
    },
  };
}
