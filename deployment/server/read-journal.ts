/**
 * Is the journal of one run of the unit complete and clean? Reads `journalctl --output=json` on standard input; what a
 * clean log never holds from the file named first (made of the log catalogue when the release was built).
 * Run by verify.sh; stands alone, as servers have no harness.
 * Exit code 0: complete and clean; 1: not clean, with the lines; 3: not complete, so that nothing can be told.
 */
import { readFileSync } from 'node:fs';

interface Pattern {
  id: string;
  pattern: string;
  meaning: string;
}

type Entry = Record<string, unknown>;

/** "Suppressed N messages": the rate limit has lost lines. */
const DROPPED = 'a596d6fe7bfa4994828e72309e95d61e';
/** pino's number for error. */
const ERROR_LEVEL = 50;
const SHOWN = 5;

/** Texts come as arrays of bytes where they are no UTF-8. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? Buffer.from(value as number[]).toString('utf8') : '';
}

function parse(lines: string): Entry[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry);
}

/** What makes it impossible to say anything; undefined when the journal has all of the run. */
function gapIn(entries: readonly Entry[], own: readonly Entry[], unit: string): string | undefined {
  if (own.length === 0) return 'not one line of this run of the service is in the journal';
  if (!own.some((entry) => textOf(entry['MESSAGE']).includes('"msg":"starting"')))
    return 'the first line of this run ("starting") is not in the journal any more';
  const dropped = entries.filter(
    (entry) => entry['MESSAGE_ID'] === DROPPED && textOf(entry['MESSAGE']).includes(unit),
  );
  if (dropped.length > 0)
    return `the journal has dropped lines of this time: ${dropped.map((entry) => textOf(entry['MESSAGE'])).join('; ')}`;
  if (own.some((entry) => entry['MESSAGE'] === null)) return 'a line was too long to be read';
  return undefined;
}

function complaintsIn(entries: readonly Entry[], patterns: readonly Pattern[]): string[] {
  const compiled = patterns.map((each) => ({ ...each, expression: new RegExp(each.pattern) }));
  return entries.flatMap((entry) => {
    const message = textOf(entry['MESSAGE']);
    const found = compiled.find(({ expression }) =>
      message.split('\n').some((line) => expression.test(line)),
    );
    if (found !== undefined) return [`${found.id} (${found.meaning}): ${message.slice(0, 300)}`];
    const level = /^\{"level":(\d+)/.exec(message)?.[1];
    return Number(level ?? 0) >= ERROR_LEVEL ? [`logged as an error: ${message.slice(0, 300)}`] : [];
  });
}

function main([file = '', invocation = '', unit = '']: readonly string[]): number {
  const patterns = JSON.parse(readFileSync(file, 'utf8')) as Pattern[];
  const all = parse(readFileSync(0, 'utf8'));
  const entries = all.filter((entry) => entry['MESSAGE_ID'] !== DROPPED);
  const own = entries.filter((entry) => entry['_SYSTEMD_INVOCATION_ID'] === invocation);
  const gap = patterns.length === 0 ? `${file} holds no pattern` : gapIn(all, own, unit);
  if (gap !== undefined) {
    process.stdout.write(`${gap}\n`);
    return 3;
  }
  const complaints = complaintsIn(entries, patterns);
  if (complaints.length === 0) {
    process.stdout.write(`${entries.length} lines, none of them bad by ${patterns.length} patterns\n`);
    return 0;
  }
  process.stdout.write(
    `${complaints.length} of ${entries.length} lines: ${complaints.slice(0, SHOWN).join(' | ')}\n`,
  );
  return 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 3;
}
