/** Turns Ctrl-C, SIGTERM and the gate's deadline into one AbortSignal, so that every stage ends what it started. */
export type InterruptedBy = 'SIGINT' | 'SIGTERM' | 'deadline';

export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
  /** What struck, if anything did. */
  readonly by: InterruptedBy | undefined;
}

/** Listens until it is disposed. A second signal changes nothing: the stages are already ending what they started. */
export function watchInterruption(deadlineMs: number, note: (text: string) => void): Interruption {
  const controller = new AbortController();
  let by: InterruptedBy | undefined;
  const strike = (cause: InterruptedBy): void => {
    if (by !== undefined) return;
    by = cause;
    note(
      cause === 'deadline'
        ? `the gate's ${deadlineMs} ms are over: ending what was started`
        : `${cause}: ending what was started`,
    );
    controller.abort(new Error(`interrupted by ${cause}`));
  };
  const onInterrupt = (): void => strike('SIGINT');
  const onTerminate = (): void => strike('SIGTERM');
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  const timer = setTimeout(() => strike('deadline'), deadlineMs);
  timer.unref();
  return {
    signal: controller.signal,
    get by() {
      return by;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
    },
  };
}
