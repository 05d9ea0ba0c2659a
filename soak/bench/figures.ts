/** Medians and shares of measured values. Used by the benches of the soak. */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}

let collect: (() => void) | undefined;

/** The heap of this process once all that can go has gone, without compiled code: V8 goes on compiling for minutes. */
export async function heapAfterCollection(): Promise<number> {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  // What was closed is let go of a turn later.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const code = getHeapSpaceStatistics().filter(({ space_name: name }) => /code|trusted/.test(name));
  return heapUsed + external - code.reduce((sum, space) => sum + space.space_used_size, 0);
}
