/**
 * Reads the TAP of a program that verifies a server, strictly: what is not told is missing, what cannot be read is told.
 * Pure; used by `verify-stage.ts`.
 */
import type { Outcome } from '../../harness/verdict.ts';

export interface TapResult {
  name: string;
  outcome: Outcome;
  message: string;
}

export interface TapReading {
  results: TapResult[];
  /** Why this is not everything that was planned, in words; empty: it is. */
  missing: string[];
}

const POINT = /^(not )?ok\b\s*(\d+)?\s*(?:-\s*)?([^#]*?)\s*(?:#\s*(\S+)\s*(.*))?$/;
const MAX_MESSAGE = 2_000;

export function readTap(text: string): TapReading {
  const results: TapResult[] = [];
  const missing: string[] = [];
  let planned: number | undefined;
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const plan = /^1\.\.(\d+)\s*(?:#.*)?$/.exec(line)?.[1];
    if (plan !== undefined) {
      if (planned !== undefined) missing.push('there are two plans');
      planned = Number(plan);
      continue;
    }
    if (/^Bail out!/.test(line)) missing.push(line.trim());
    const point = POINT.exec(line);
    if (point === null) continue;
    const [, not, number, name = '', directive, why = ''] = point;
    if (number !== undefined && Number(number) !== results.length + 1)
      missing.push(`"${line}" is number ${results.length + 1}`);
    const details = readDetails(lines, at + 1);
    const outcome = outcomeOf(not !== undefined, directive, details);
    const message = details.message ?? commentAfter(lines, at + 1) ?? (why || line);
    results.push({
      name: name || `point ${results.length + 1}`,
      outcome,
      message: message.slice(0, MAX_MESSAGE),
    });
  }
  if (planned === undefined) missing.push('there is no plan');
  else if (planned !== results.length)
    missing.push(`${planned} checks were planned, ${results.length} are told`);
  if (planned === 0) missing.push('nothing was planned');
  return { results, missing };
}

/** A passed point counts as one only without a directive; `# TODO` excuses nothing. */
function outcomeOf(isNot: boolean, directive: string | undefined, { severity }: Details): Outcome {
  if (directive?.toUpperCase().startsWith('SKIP')) return 'skip';
  if (isNot) return severity === 'unknown' ? 'unknown' : 'fail';
  return 'pass';
}

interface Details {
  message?: string | undefined;
  severity?: string | undefined;
}

/** The block under a point: `message` and `severity`, plain or in quotes. */
function readDetails(lines: readonly string[], start: number): Details {
  if (lines[start]?.trim() !== '---') return {};
  const end = lines.findIndex((line, index) => index > start && line.trim() === '...');
  const block = lines.slice(start + 1, end < 0 ? start + 20 : end);
  const value = (name: string): string | undefined => {
    const line = block.find((each) => each.trim().startsWith(`${name}:`))?.trim();
    return line === undefined ? undefined : unquote(line.slice(name.length + 1).trim());
  };
  return { message: value('message'), severity: value('severity') };
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

/** What a point that passed says of itself stands in a comment after it. */
function commentAfter(lines: readonly string[], at: number): string | undefined {
  const text = /^# (?!\{)(.*)$/.exec(lines[at] ?? '')?.[1]?.trim();
  return text === '' ? undefined : text;
}
