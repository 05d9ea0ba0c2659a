/** The oldest Node that a package says it runs on. Called by the gate for what it gives to the rules. Pure. */
import type { GivenRuntime } from './given.ts';

/** @param file relative to the project root. Nothing when the package does not say it, or says it in no way that is known. */
export function runtimeOf(file: string, text: string): GivenRuntime | undefined {
  const range = enginesOf(text);
  const majors = range === undefined ? [] : range.split('||').map(oldestMajor);
  if (range === undefined || majors.some((each) => each === undefined)) return undefined;
  const line = text.slice(0, Math.max(0, text.indexOf('"engines"'))).split('\n').length;
  return {
    location: { file, line, column: 1 },
    words: `engines.node "${range}"`,
    oldestMajor: Math.min(...majors.flatMap((each) => each ?? [])),
  };
}

function enginesOf(text: string): string | undefined {
  try {
    const { engines } = JSON.parse(text) as { engines?: { node?: unknown } };
    return typeof engines?.node === 'string' ? engines.node : undefined;
  } catch {
    return undefined; // no valid package file: it says nothing
  }
}

/** The lower end of one alternative: `>=18.2 <21`, `^20`, `18.x`, `22`. */
function oldestMajor(range: string): number | undefined {
  const parts = range
    .trim()
    .replace(/([<>=~^]+)\s+/g, '$1')
    .split(/\s+/);
  const lower = parts.find((each) => /^(>=|>|\^|~|=|v)?\d/.test(each));
  const major = lower && /\d+/.exec(lower)?.[0];
  return major === undefined ? undefined : Number(major);
}
