/** Medians and shares of measured values. Used by the benches of the soak. */

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}

let collect: (() => void) | undefined;

/** The heap of this process once all that can go has gone. */
export async function heapAfterCollection(): Promise<number> {
  if (collect === undefined) {
    const [{ setFlagsFromString }, { runInNewContext }] = [await import('node:v8'), await import('node:vm')];
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  // What was closed is let go of a turn later.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
