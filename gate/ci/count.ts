/** What a part of CI counted, and how the parts add up. Pure; called by `ci.ts`. */
import type { RunSummary } from '../../harness/renderers/summary.ts';

export interface Count {
  passed: number;
  /** What failed and what was not shown: CI is red for either. */
  failed: number;
  skipped: number;
  /** What a person has to know of it, a line each: what was skipped and why, what is missing. */
  notes: string[];
}

export interface PartResult extends Count {
  name: string;
  /** Exit code; `undefined` for a part that was not started. */
  exitCode: number | undefined;
  durationMs: number;
}

const COUNT_LINE = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;

/** The count in a line that is nothing but one, as `vitest.config.ts` prints it. */
export function readCountLine(line: string): Count | undefined {
  const [matched, passed, failed, skipped = 0] = COUNT_LINE.exec(line.trim()) ?? [];
  if (matched === undefined) return undefined;
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped), notes: [] };
}

/** The count of a run of shakedown. What is unknown counts as failed. */
export function countOfSummary({ counts, problems, findings, skipped }: RunSummary): Count {
  return {
    passed: counts.pass,
    failed: counts.fail + counts.unknown,
    skipped: counts.skip,
    notes: [
      ...problems,
      ...findings.map(({ outcome, name, message }) => `${outcome}: ${name}: ${message}`),
      ...skipped.map(({ name, reason }) => `skipped: ${name}: ${reason}`),
    ],
  };
}

/** Holds a part to its promise: one that printed no count, passed nothing, or ended badly has failed. */
export function settle(
  { name, exitCode, durationMs }: Pick<PartResult, 'name' | 'exitCode' | 'durationMs'>,
  count: Count | undefined,
): PartResult {
  const part = { name, exitCode, durationMs };
  if (count === undefined)
    return { ...part, ...broken(`it ended with ${exitCode} and printed no count: nobody knows what it did`) };
  if (count.failed > 0) return { ...part, ...count };
  const wrong =
    exitCode !== 0
      ? `it ended with ${exitCode} although it counted no failure`
      : count.passed === 0
        ? 'nothing passed: it has shown nothing'
        : undefined;
  return wrong === undefined
    ? { ...part, ...count }
    : { ...part, ...count, failed: 1, notes: [...count.notes, wrong] };
}

export const broken = (why: string): Count => ({ passed: 0, failed: 1, skipped: 0, notes: [why] });

/** The last line of CI, and its exit code: the worst of the parts. */
export function addUp(parts: readonly PartResult[]): { line: string; exitCode: number } {
  const total = (key: 'passed' | 'failed'): number => parts.reduce((sum, part) => sum + part[key], 0);
  const failed = parts.length === 0 ? 1 : total('failed');
  const codes = parts.map(({ exitCode, failed: some }) => codeOf(exitCode, some));
  const exitCode = RANKED.find((code) => codes.includes(code)) ?? (failed > 0 ? 1 : 0);
  return { line: `${total('passed')} passed, ${failed} failed`, exitCode };
}

/** From worst: interrupted, failed, wrong usage, unknown. */
const RANKED = [130, 143, 1, 2, 3];

/** A code that nobody agreed on (127, a signal) is a failure, and so is 0 beside a failure. */
function codeOf(exitCode: number | undefined, failed: number): number {
  if (exitCode !== undefined && RANKED.includes(exitCode)) return exitCode;
  return exitCode === 0 || exitCode === undefined ? Math.min(failed, 1) : 1;
}
