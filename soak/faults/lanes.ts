/** Does work side by side in a few lanes, in order. Used by the soak stage for fault scenarios, which share nothing. */

/**
 * Each item is taken by the lane that is free first. The first error is thrown once every lane has come to its end:
 * nothing goes on behind the back of whoever called.
 */
export async function inLanes<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const errors: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined && errors.length === 0; item = waiting.shift()) {
      try {
        await work(item);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, lanes) }, lane));
  if (errors.length > 0) throw errors[0];
}
