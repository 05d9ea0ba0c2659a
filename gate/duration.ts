/** Durations on the command line: `90s`, `5m`, `24h`. Used by `main.ts`. */
import { UsageError } from '../harness/errors.ts';

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @returns milliseconds. @throws UsageError for anything else. */
export function durationMs(text: string): number {
  const [, count = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? 0);
  if (count === '' || !(ms > 0))
    throw new UsageError(`expected a duration such as 90s, 5m or 24h, got "${text}"`);
  return ms;
}
