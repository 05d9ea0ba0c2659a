/**
 * Reads the service's log on from where the last look ended, a file or the journal, and scans it for forbidden lines. A
 * job of the watch.
 */
import { Readable } from 'node:stream';
import { resolve } from 'node:path';
import { errorText } from '../../harness/errors.ts';
import { speakerOf } from '../../harness/journal/entry.ts';
import { LineJoiner } from '../../harness/journal/line-joiner.ts';
import { endOfJournal, readJournal } from '../../harness/journal/read-journal.ts';
import { readUnit } from '../../harness/supervisors/systemd-unit.ts';
import { scanLog, type LogScan } from '../../soak/log-scan.ts';
import { createPlant } from '../../soak/planted-line.ts';
import { endOfFile, readOn } from './follow-file.ts';
import type { Look } from './ledger.ts';
import type { LogCursor } from './log-cursor.ts';
import type { LookContext } from './looks.ts';

const CHECK = 'log-clean';
const SOFT_FIX =
  'this says nothing about the service: see to it that the log can be read, and rotated without loss';

/** Lives of a unit whose late lines are known as theirs. */
const KNOWN_LIVES = 5;

interface NewLines {
  text: Buffer;
  missing: string[];
  cursor: LogCursor;
}

export async function lookAtLog(context: LookContext): Promise<Look[]> {
  const { watch, ledger, now } = context;
  if (watch.log === undefined) return [];
  const subject = 'file' in watch.log ? watch.log.file : `journal of ${watch.log.unit}`;
  let lines: NewLines | undefined;
  try {
    lines =
      'file' in watch.log
        ? newLinesOfFile(context, watch.log.file)
        : await newLinesOfUnit(context, watch.log.unit);
  } catch (error) {
    return [
      {
        check: CHECK,
        subject,
        outcome: 'unknown',
        message: `it cannot be read: ${errorText(error)}`,
        fix: SOFT_FIX,
      },
    ];
  }
  if (lines === undefined) return [];
  const grewBefore = ledger.logGrewAt;
  if (lines.text.length > 0) ledger.logGrewAt = now.toISOString();
  const looks = await judgeLines(context, subject, lines);
  if (context.signal.aborted) {
    // Not taken: the next watch reads it again.
    if (grewBefore === undefined) delete ledger.logGrewAt;
    else ledger.logGrewAt = grewBefore;
    return [];
  }
  ledger.cursor = lines.cursor;
  return looks;
}

/** The first look only notes where the log ends: what was there before is nobody's finding now. */
function newLinesOfFile({ ledger, projectRoot }: LookContext, file: string): NewLines | undefined {
  const path = resolve(projectRoot, file);
  const { cursor } = ledger;
  if (cursor?.kind !== 'file' || cursor.path !== path) {
    ledger.cursor = { kind: 'file', path, place: endOfFile(path) };
    return undefined;
  }
  const { text, missing, place, before } = readOn(path, cursor);
  return {
    text,
    missing,
    cursor: { kind: 'file', path, place, ...(before === undefined ? {} : { before }) },
  };
}

async function newLinesOfUnit(
  { ledger, transport, signal }: LookContext,
  unit: string,
): Promise<NewLines | undefined> {
  const { cursor } = ledger;
  if (cursor?.kind !== 'journal' || cursor.unit !== unit) {
    ledger.cursor = { kind: 'journal', unit, cursor: await endOfJournal(transport) };
    return undefined;
  }
  const state = await readUnit(transport, unit);
  // The last lines of a life come when the next one has begun, and may not name their unit.
  const lives = [...(cursor.known ?? [])];
  if (state.readable) {
    const { mainPid, execMainPid, invocationId } = state.value;
    if (!lives.some((life) => life.invocationId === invocationId))
      lives.push({ invocationId, pids: [String(mainPid), String(execMainPid)] });
  }
  const identity = {
    unit,
    pids: new Set(lives.flatMap(({ pids }) => pids)),
    invocationIds: new Set(lives.map(({ invocationId }) => invocationId)),
  };
  const lines: string[] = [];
  const joiner = new LineJoiner();
  const reading = await readJournal({ transport, after: cursor.cursor, unit, signal }, (entry) => {
    const speaker = speakerOf(entry, identity);
    if (speaker !== undefined) lines.push(...joiner.linesOf(entry));
  });
  lines.push(...joiner.rest());
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const missing = state.readable
    ? reading.missing
    : [...reading.missing, `whose lines are the service's is not known: ${state.reason}`];
  return {
    text,
    missing,
    cursor: { kind: 'journal', unit, cursor: reading.cursor, known: lives.slice(-KNOWN_LIVES) },
  };
}

async function judgeLines(
  context: LookContext,
  subject: string,
  { text, missing }: NewLines,
): Promise<Look[]> {
  const { config, ledger } = context;
  const plant = createPlant(ledger.starts);
  // The scanner has to find a line of the watch's own among those of the service.
  const scan = await scanLog(subject, Readable.from([text, Buffer.from(`${plant.line}\n`)]), config.logs);
  const whole = wholeLook(context, subject, scan, missing, plant.word);
  const found = Object.entries(scan.counts).map(([id, count]) => foundLook(scan, id, count));
  // What was found before and is not found any more is over.
  const over = Object.values(ledger.tallies)
    .filter(
      (tally) =>
        tally.check === CHECK && tally.last.outcome === 'fail' && scan.counts[tally.subject] === undefined,
    )
    .map((tally): Look => ({
      check: CHECK,
      subject: tally.subject,
      outcome: 'pass',
      message: 'not seen again',
    }));
  return [whole, ...found, ...(whole.outcome === 'pass' ? over : [])];
}

function wholeLook(
  { watch, ledger, now }: LookContext,
  subject: string,
  scan: LogScan,
  missing: readonly string[],
  word: string,
): Look {
  const look = (outcome: Look['outcome'], message: string): Look => ({
    check: CHECK,
    subject,
    outcome,
    message,
    ...(outcome === 'pass' ? {} : { fix: SOFT_FIX }),
  });
  if (missing.length > 0) return look('unknown', `lines may be missing: ${missing.slice(0, 3).join('; ')}`);
  if (!scan.planted.some((plant) => plant.word === word))
    return look('unknown', "the watch's own line was not found again");
  const quietMs = now.getTime() - Date.parse(ledger.logGrewAt ?? ledger.begunAt);
  if (quietMs > watch.logQuietMs)
    return look('unknown', `no new line for ${Math.round(quietMs / 1_000)} s: an empty log proves nothing`);
  return look('pass', `${scan.serviceLines} new lines read`);
}

function foundLook(scan: LogScan, id: string, count: number): Look {
  const first = scan.matches.find((match) => match.id === id);
  return {
    check: CHECK,
    subject: id,
    outcome: 'fail',
    message: `${count} times: ${first?.text ?? ''}`,
    fix: first?.meaning ?? 'see the log',
  };
}
