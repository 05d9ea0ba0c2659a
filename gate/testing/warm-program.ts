/**
 * The program, kept warm for tests that run it many times: one process that runs command after command as `bin/shakedown.js`
 * does, each in the folder of its project. What a start costs is paid once; a run is otherwise what a user's is.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Asked of the process. */
export interface WarmCall {
  folder: string;
  args: readonly string[];
}

/** Its answer. A command that crashed has the code that `bin/shakedown.js` would give it, and says why. */
export interface WarmAnswer {
  exitCode: number;
  stderr: string;
}

const ENTRY = fileURLToPath(new URL('warm-entry.ts', import.meta.url));

let child: ChildProcess | undefined;

/** Runs one command; one at a time. The process ends with the test's own. */
export async function runWarm(call: WarmCall): Promise<WarmAnswer> {
  child ??= fork(ENTRY, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, CI: '1', NO_COLOR: '1' },
  });
  const running = child;
  const gone = new AbortController();
  const ended = once(running, 'exit', { signal: gone.signal }).then(([code, signal]) => {
    child = undefined;
    throw new Error(
      `the warm program ended by ${String(signal ?? code)} while it ran ${call.args.join(' ')}`,
    );
  });
  running.ref();
  running.channel?.ref();
  const answered = once(running, 'message', { signal: gone.signal }) as Promise<[WarmAnswer]>;
  running.send(call);
  try {
    const [answer] = await Promise.race([answered, ended]);
    return answer;
  } finally {
    gone.abort();
    await Promise.allSettled([answered, ended]);
    // A process that waits for work must not hold the tests.
    running.unref();
    running.channel?.unref();
  }
}
