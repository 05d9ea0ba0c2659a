/** Makes a process slow by stopping it again and again: no control group is needed. Used by slow-cpu. */
import { readStat } from '../../harness/supervisors/proc.ts';

export interface Throttle {
  /** How often the process has been seen to stand still. */
  stops(): number;
  end(): void;
}

/** Lets `pid` run for `runMs` out of every `runMs + stopMs`; `end` lets it run freely. Safe twice. */
export function throttle(pid: number, { runMs, stopMs }: { runMs: number; stopMs: number }): Throttle {
  const startTicks = readStat(pid)?.startTicks;
  let count = 0;
  let timer: NodeJS.Timeout | undefined;
  const send = (signal: NodeJS.Signals): boolean => {
    // A pid that was given away is another process.
    if (startTicks === undefined || readStat(pid)?.startTicks !== startTicks) return false;
    try {
      return process.kill(pid, signal);
    } catch {
      return false; // gone in between, which the next look would have shown
    }
  };
  const stop = (): void => {
    if (!send('SIGSTOP')) return;
    timer = setTimeout(() => {
      if (readStat(pid)?.state === 'T') count += 1;
      if (send('SIGCONT')) timer = setTimeout(stop, runMs);
    }, stopMs);
  };
  stop();
  return {
    stops: () => count,
    end: () => {
      clearTimeout(timer);
      send('SIGCONT');
    },
  };
}
