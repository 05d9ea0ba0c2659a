/** A bounded wait, used wherever the service waits for something that might never settle. */

/**
 * Settles as `work` does, or rejects with an error that names `what` when that takes longer than `withinMs`.
 * The timer holds the process only as long as the wait itself.
 */
export async function within<T>(work: Promise<T>, withinMs: number, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(
      new Error(`${what} did not finish within ${Math.round(withinMs)} ms and is no longer waited for`),
    );
  }, withinMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
