/**
 * Scans a log once for forbidden lines, allowed ones and the harness's own planted ones. Pure: takes chunks, gives
 * findings. Called by `history.ts` on `service.log`.
 */
import type { LogsConfig } from '../harness/config.ts';
import type { LogSeverity } from '../harness/log-catalogue/log-pattern.ts';
import { allowances, forbiddenPatterns, prefilters } from './log-patterns.ts';
import { takePlants } from './planted-line.ts';
import type { FoundPlant } from './planted-line.ts';

/** A forbidden line. `text` is cut to 300 characters. */
export interface LogMatch {
  /** Counts from 1. */
  line: number;
  id: string;
  meaning: string;
  severity: LogSeverity;
  text: string;
}

/** What a scan of one log found. */
export interface LogScan {
  file: string;
  lines: number;
  bytes: number;
  /** Lines that are not the harness's own and not empty. */
  serviceLines: number;
  /** The first {@link MAX_MATCHES} forbidden lines. */
  matches: LogMatch[];
  /** How many forbidden lines there are of each pattern. */
  counts: Record<string, number>;
  /** Each allowance with how many forbidden lines it took away. */
  allowed: { pattern: string; reason: string; count: number }[];
  planted: FoundPlant[];
  /** Whether the last line has no end: the log may have been cut off. */
  truncated: boolean;
}

/** How many matches are kept in full. */
export const MAX_MATCHES = 100;
const MAX_TEXT = 300;
const NEWLINE = 0x0a;

/** Scans chunks of a log. Throws UsageError for a pattern in `logs` that is no regular expression. */
export async function scanLog(
  file: string,
  chunks: AsyncIterable<Buffer>,
  logs: LogsConfig,
): Promise<LogScan> {
  const scanner = createScanner(file, logs);
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = all.lastIndexOf(NEWLINE) + 1;
    if (end > 0) scanner.take(all.subarray(0, end));
    rest = all.subarray(end);
  }
  if (rest.length > 0) scanner.take(rest);
  return { ...scanner.scan, truncated: rest.length > 0 };
}

function createScanner(file: string, logs: LogsConfig): { scan: LogScan; take(wholeLines: Buffer): void } {
  // First, since it names the key of a pattern that is no regular expression.
  const judgeLine = createLineJudge(logs);
  const filters = prefilters(logs);
  const scan: LogScan = {
    file,
    lines: 0,
    bytes: 0,
    serviceLines: 0,
    matches: [],
    counts: {},
    allowed: logs.allow.map(({ pattern, reason }) => ({ pattern, reason, count: 0 })),
    planted: [],
    truncated: false,
  };
  return {
    scan,
    take(wholeLines) {
      const text = wholeLines.toString('utf8');
      const counted = countLines(wholeLines);
      for (const { line, number } of suspectLines(text, filters)) judgeLine(scan, line, scan.lines + number);
      scan.bytes += wholeLines.length;
      scan.lines += counted.lines;
      scan.serviceLines += counted.lines - counted.empty;
    },
  };
}

/** Enters into a scan what one line holds: planted texts, and the first forbidden pattern that matches the rest. */
function createLineJudge(logs: LogsConfig): (scan: LogScan, line: string, number: number) => void {
  const forbidden = forbiddenPatterns(logs);
  const allowed = allowances(logs);
  return (scan, line, number) => {
    const { plants, rest } = takePlants(line);
    for (const { word, pattern, text } of plants) {
      // Found counts only when the pattern that was planted would have been found.
      const matched = forbidden.some(({ id, expression }) => id === pattern && expression.test(text));
      if (matched) scan.planted.push({ word, pattern, line: number });
    }
    if (plants.length > 0 && rest.trim() === '') scan.serviceLines -= 1;
    const hit = forbidden.find(({ expression }) => expression.test(rest));
    if (hit === undefined) return;
    const allowance = scan.allowed[allowed.findIndex(({ expression }) => expression.test(rest))];
    if (allowance !== undefined) {
      allowance.count += 1;
      return;
    }
    const { id, meaning, severity } = hit;
    scan.counts[id] = (scan.counts[id] ?? 0) + 1;
    if (scan.matches.length < MAX_MATCHES)
      scan.matches.push({ line: number, id, meaning, severity, text: cut(rest) });
  };
}

/** Lines that a prefilter hit, in order, each once. */
function suspectLines(text: string, filters: readonly RegExp[]): { line: string; number: number }[] {
  const starts = new Set<number>();
  for (const filter of filters) {
    filter.lastIndex = 0;
    for (let hit = filter.exec(text); hit !== null; hit = filter.exec(text)) {
      starts.add(text.lastIndexOf('\n', hit.index - 1) + 1);
      const end = text.indexOf('\n', hit.index);
      if (end < 0) break;
      filter.lastIndex = end + 1;
    }
  }
  let number = 1;
  let counted = 0;
  return [...starts]
    .sort((a, b) => a - b)
    .map((start) => {
      for (let at = text.indexOf('\n', counted); at >= 0 && at < start; at = text.indexOf('\n', counted)) {
        number += 1;
        counted = at + 1;
      }
      const end = text.indexOf('\n', start);
      return { line: text.slice(start, end < 0 ? undefined : end), number };
    });
}

function countLines(bytes: Buffer): { lines: number; empty: number } {
  let lines = 0;
  let empty = 0;
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    lines += 1;
    if (end === start) empty += 1;
    start = end + 1;
  }
  return start < bytes.length ? { lines: lines + 1, empty } : { lines, empty };
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`;
}
