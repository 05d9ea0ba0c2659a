/**
 * Deadlines and polling. Every wait of the harness goes through here, so that each one is bounded
 * and can say what it was waiting for.
 */
import { setTimeout as pause } from 'node:timers/promises';

/** A point in time that a wait must not pass. Monotonic: a moved clock changes nothing. */
export interface Deadline {
  /** What is being waited for, for messages: `service to become ready`. */
  readonly what: string;
  readonly totalMs: number;
  /** Milliseconds left, never below 0. */
  remainingMs(): number;
  expired(): boolean;
}

/** A deadline `totalMs` from now. */
export function deadlineIn(totalMs: number, what: string): Deadline {
  const endsAt = performance.now() + totalMs;
  return {
    what,
    totalMs,
    remainingMs: () => Math.max(0, endsAt - performance.now()),
    expired: () => performance.now() >= endsAt,
  };
}

/** What became of a bounded wait. */
export type Waited<T> =
  { met: true; value: T; afterMs: number } | { met: false; afterMs: number; reason: string };

const GROWTH = 1.25;

/** How a poll paces itself: starts at `firstMs` and grows up to `maxMs`. */
export interface Pace {
  firstMs: number;
  maxMs: number;
  /** From one pause to the next; absent: a quarter more. What is met is seen late by about that share of the time. */
  growth?: number;
}

/**
 * Asks `probe` again and again until it answers something other than `undefined`, the deadline passes or
 * `signal` aborts. A probe that throws is asked again; its last error is part of the reason.
 */
export async function poll<T>(
  probe: () => T | undefined | Promise<T | undefined>,
  deadline: Deadline,
  pace: Pace = { firstMs: 1, maxMs: 25 },
  signal?: AbortSignal,
): Promise<Waited<T>> {
  const startedAt = performance.now();
  const since = () => performance.now() - startedAt;
  let delayMs = pace.firstMs;
  let lastError: unknown;
  while (true) {
    try {
      const value = await probe();
      if (value !== undefined) return { met: true, value, afterMs: since() };
    } catch (error) {
      lastError = error;
    }
    if (signal?.aborted)
      return { met: false, afterMs: since(), reason: `interrupted while waiting for ${deadline.what}` };
    if (deadline.expired())
      return { met: false, afterMs: since(), reason: expiredReason(deadline, lastError) };
    await pause(Math.min(delayMs, deadline.remainingMs()));
    delayMs = Math.min(delayMs * (pace.growth ?? GROWTH), pace.maxMs);
  }
}

/** Waits for `promise` no longer than the deadline. A rejection of `promise` is passed on. */
export async function within<T>(promise: Promise<T>, deadline: Deadline): Promise<Waited<T>> {
  const startedAt = performance.now();
  const timer = new AbortController();
  const expiry = pause(deadline.remainingMs(), 'expired' as const, { signal: timer.signal }).catch(
    () => 'expired' as const,
  );
  try {
    const first = await Promise.race([promise.then((value) => ({ value })), expiry]);
    const afterMs = performance.now() - startedAt;
    return first === 'expired'
      ? { met: false, afterMs, reason: expiredReason(deadline, undefined) }
      : { met: true, value: first.value, afterMs };
  } finally {
    timer.abort();
  }
}

function expiredReason(deadline: Deadline, lastError: unknown): string {
  const last =
    lastError === undefined
      ? ''
      : ` (last error: ${lastError instanceof Error ? lastError.message : String(lastError)})`;
  return `waited ${Math.round(deadline.totalMs)} ms for ${deadline.what}${last}`;
}
