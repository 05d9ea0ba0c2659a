/**
 * Reads the journal after a cursor and says whether that was all of it. Called by the systemd supervisor.
 *
 * What makes a reading complete: journald has written what it holds (`--sync`); an end marker that was planted after
 * that is found; the number of every entry follows the one before, from the entry of the cursor to the marker (read
 * without `-u`, or holes could not be told from what belongs to others); journald names no dropped lines.
 *
 * The end marker takes the way of a unit's standard output: a stream to journald, level and maximum level included, by
 * systemd-cat. It does not count in the unit's rate limit, since a unit that has stopped has no control group that one
 * could write from: that a unit's own lines pass is shown by the line that is planted from within its group while it
 * runs, and by lifting the limit for the time of the soak.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { deadlineIn, within } from '../deadline.ts';
import { errorText } from '../errors.ts';
import type { StreamedCommand, Transport } from '../transport/transport.ts';
import { continuityFrom } from './continuity.ts';
import { FIELDS, lossToldBy } from './entry.ts';
import type { JournalEntry } from './entry.ts';
import { ExportParser } from './export-parser.ts';

/** What was read. */
export interface JournalReading {
  /** Where the next reading goes on. */
  cursor: string;
  entries: number;
  /** Why this was not all, in words; empty: it was. */
  missing: string[];
}

export interface ReadRequest {
  transport: Transport;
  /** The cursor after which to read. */
  after: string;
  /** Whose dropped lines matter. */
  unit: string;
  withinMs?: number;
  signal?: AbortSignal | undefined;
}

const READ_WITHIN_MS = 60_000;
const MARK_WITHIN_MS = 20_000;
const MAX_ERRORS = 2_000;
/** Says what an entry is to a person who reads the journal. */
const MARKER = 'shakedown-journal-marker';

/** Writes out what journald holds, and plants a marker after it. */
const MARK = [
  'journalctl --sync || exit 90',
  'printf "%s\\n" "$1" | systemd-cat --identifier="$2" --priority=info || exit 91',
  'journalctl --sync || exit 90',
].join('\n');
/**
 * The journal in export form, by a shell: journalctl writes 4 KiB at a time into a pipe, and to be woken for each costs
 * its reader as much as to parse them. stdbuf is tried first, since it may be there without the library that it loads.
 */
export const EXPORT = [
  'wide="stdbuf --output=128K"',
  '$wide true 2>/dev/null || wide=',
  'exec $wide journalctl --no-pager --output=export "$@"',
].join('\n');
const READ = `${MARK}\nshift 2\n${EXPORT}`;
const FIND = `${MARK}\nexec journalctl --no-pager --output=export --output-fields=MESSAGE --identifier="$2" --lines=1`;

/** The cursor of the end of the journal as it is now. @throws Error when the journal cannot be marked or read there. */
export async function endOfJournal(transport: Transport): Promise<string> {
  const word = markerWord();
  const result = await transport.run(['sh', '-c', FIND, 'sh', word, MARKER], { timeoutMs: MARK_WITHIN_MS });
  if (!result.ran) throw new Error(`the journal of ${transport.where} cannot be read: ${result.reason}`);
  let found: JournalEntry | undefined;
  const parser = new ExportParser(['MESSAGE'], (entry) => {
    if (entry.fields.get('MESSAGE') === word) found = entry;
  });
  parser.push(Buffer.from(result.stdout));
  parser.end();
  if (result.code === 0 && found !== undefined) return found.cursor;
  const why =
    result.code === 0 ? 'a line that was just planted is not in it' : explain(result.code, result.stderr);
  throw new Error(`the journal of ${transport.where} cannot be read: ${why}`);
}

/** Gives every entry after the cursor to `take`, up to a marker planted now. Never rejects: what is missing is told. */
export async function readJournal(
  request: ReadRequest,
  take: (entry: JournalEntry) => void,
): Promise<JournalReading> {
  const { transport, after, unit } = request;
  const word = markerWord();
  const continuity = continuityFrom(after);
  const reading: JournalReading = { cursor: after, entries: 0, missing: [] };
  let isMarked = false;
  const parser = new ExportParser(FIELDS, (entry) => {
    if (isMarked) return;
    continuity.follow(entry);
    reading.cursor = entry.cursor;
    if (entry.fields.get('SYSLOG_IDENTIFIER') === MARKER) {
      isMarked = entry.fields.get('MESSAGE') === word;
      return;
    }
    reading.entries += 1;
    const loss = lossToldBy(entry, unit);
    if (loss !== undefined) reading.missing.push(loss);
    take(entry);
  });
  const range = [`--output-fields=${FIELDS.join(',')}`, `--after-cursor=${after}`];
  const child = transport.stream(['sh', '-c', READ, 'sh', word, MARKER, ...range]);
  const ended = await follow(child, request, (chunk) => {
    parser.push(chunk);
    return isMarked;
  });
  reading.missing.push(...continuity.missing);
  if (!isMarked) reading.missing.push(`the marker at the end was not found: ${ended}`);
  return reading;
}

/** Reads until `take` has seen enough, the end, or the deadline; tells how it ended. */
async function follow(
  child: StreamedCommand,
  { withinMs = READ_WITHIN_MS, signal }: ReadRequest,
  take: (chunk: Buffer) => boolean,
): Promise<string> {
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (errors.length < MAX_ERRORS) errors += chunk.toString('utf8');
  });
  const failed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(errorText(error)));
  });
  const closed = once(child, 'close').then(([code]) => explain(Number(code), errors), errorText);
  const read = (async () => {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) if (take(chunk)) return 'found';
    return closed;
  })().catch(errorText);
  const stopped = new Promise<string>((resolve) => {
    if (signal?.aborted) resolve('interrupted');
    signal?.addEventListener('abort', () => resolve('interrupted'), { once: true });
  });
  const waited = await within(
    Promise.race([read, failed, stopped]),
    deadlineIn(withinMs, 'the journal to be read'),
  );
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  child.stdout.destroy();
  return waited.met ? waited.value : waited.reason;
}

function explain(code: number, errors: string): string {
  const said = errors.trim() === '' ? '' : ` (${errors.trim()})`;
  if (code === 90) return `journalctl --sync failed${said}`;
  if (code === 91) return `systemd-cat could not write to the journal${said}`;
  return `journalctl ended with ${code}${said}`;
}

function markerWord(): string {
  return `shakedown-end-${randomBytes(8).toString('hex')}`;
}
