/** Progress on standard error: lines that stay, and on a terminal a state that the next one replaces. */
import type { Progress } from '../harness/stage.ts';

export interface ProgressStream {
  write(text: string): unknown;
  isTTY?: boolean;
}

export function createProgress(stream: ProgressStream, environment: NodeJS.ProcessEnv): Progress {
  const live = stream.isTTY === true && environment['CI'] === undefined && environment['TERM'] !== 'dumb';
  const clear = live ? '\r\u001b[K' : '';
  return {
    note: (text) => void stream.write(`${clear}${text}\n`),
    status: (text) => {
      if (live) stream.write(`${clear}${text}`);
    },
  };
}

/** For `--quiet`. */
export const NO_PROGRESS: Progress = { note: () => {}, status: () => {} };

/** Whether standard error may carry colours. NO_COLOR and FORCE_COLOR as their conventions say. */
export function wantsColour(stream: ProgressStream, environment: NodeJS.ProcessEnv): boolean {
  if (environment['NO_COLOR'] !== undefined && environment['NO_COLOR'] !== '') return false;
  if (environment['FORCE_COLOR'] !== undefined && environment['FORCE_COLOR'] !== '0') return true;
  return stream.isTTY === true && environment['TERM'] !== 'dumb';
}
