/** Other ways for a service's output to go: through a reader that can be sent away, or to a disk that is full. */
import { readProcText } from '../../harness/supervisors/proc.ts';

const NANOSECONDS_PER_MS = 1_000_000;

const SCRIPTS = {
  // The reader is a child of the shell that becomes the service: the pid stays that of the service.
  reader:
    'fifo=$(mktemp -u) && mkfifo "$fifo" && { cat <"$fifo" & } && exec >"$fifo" 2>&1 && rm "$fifo" && exec "$@"',
  full: 'exec >/dev/full 2>&1 && exec "$@"',
} as const;

/** The command of a service whose output goes another way. */
export function readerCommand(
  way: keyof typeof SCRIPTS,
  command: readonly string[],
  nodePath: string,
): string[] {
  const [program = '', ...words] = command;
  return ['sh', '-c', SCRIPTS[way], 'sh', program === 'node' ? nodePath : program, ...words];
}

/**
 * How long a process's first thread, the one that runs JavaScript, has had something to do: running, or waiting for a
 * processor. A thread that spins is busy all the time, however many others want the processor.
 */
export function busyMs(pid: number): number {
  const [running = Number.NaN, waiting = Number.NaN] = (readProcText(`/proc/${pid}/schedstat`) ?? '')
    .split(' ')
    .map(Number);
  return (running + waiting) / NANOSECONDS_PER_MS;
}
