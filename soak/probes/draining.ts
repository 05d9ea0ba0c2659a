/**
 * Asks a service that has been told to stop whether it is ready, on a new connection each time, as a load balancer
 * does. Started by scenarios with the stop signal, ended with the exit.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'undici';
import type { DrainingReadiness } from '../../harness/observation.ts';

export interface DrainingOptions {
  origin: string;
  path: string;
  /** The status that says ready. */
  status: number;
}

/** Watches until {@link DrainingWatch.end}. */
export interface DrainingWatch {
  /** Ends the watch and tells what was answered. What is still under way is left. Never rejects. */
  end(): Promise<DrainingReadiness>;
}

const EVERY_MS = 20;
const ANSWER_TIMEOUT_MS = 2_000;
/** The most that is asked: one minute of a service that does not exit. */
const MAX_ASKED = 3_000;

/** `signalAtMs` is on the clock of `performance.now()`. */
export function watchDraining({ origin, path, status }: DrainingOptions, signalAtMs: number): DrainingWatch {
  const seen: DrainingReadiness = { asked: 0, ready: 0, unready: 0, refused: 0 };
  const ended = new AbortController();
  const ask = async (): Promise<void> => {
    const sentAfterMs = performance.now() - signalAtMs;
    const answer = await answerOf(origin, path);
    // Told after the watch was over, it may be the next life that answers.
    if (ended.signal.aborted) return;
    seen.asked += 1;
    if (answer === undefined) {
      seen.refused += 1;
      return;
    }
    if (answer === status) {
      seen.ready += 1;
      seen.lastReadyAfterMs = sentAfterMs;
      return;
    }
    seen.unready += 1;
    seen.firstUnreadyAfterMs ??= sentAfterMs;
  };
  const loop = (async () => {
    for (let asked = 0; asked < MAX_ASKED && !ended.signal.aborted; asked += 1) {
      const question = ask();
      await pause(EVERY_MS, undefined, { signal: ended.signal }).catch(() => undefined);
      // One at a time: a service that answers late is not to be flooded.
      if (!ended.signal.aborted) await question;
    }
  })();
  return {
    end: async () => {
      ended.abort();
      await loop;
      return seen;
    },
  };
}

/** The status; undefined when there is no connection or no answer. */
async function answerOf(origin: string, path: string): Promise<number | undefined> {
  const client = new Client(origin, {
    connect: { timeout: ANSWER_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  });
  try {
    const answer = await client.request({ method: 'GET', path, reset: true });
    await answer.body.dump();
    return answer.statusCode;
  } catch {
    return undefined; // refused, reset or silent: not ready, whatever the reason
  } finally {
    await client.destroy();
  }
}
