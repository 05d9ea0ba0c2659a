/**
 * Was the unit's journal clean from a cursor on? Planted in it is a line that a clean log never has: only a reading that
 * is whole and finds that line, and no other, says anything. Called by the step `restarts`.
 */
import { randomBytes } from 'node:crypto';
import { type JournalEntry, speakerOf } from '../../harness/journal/entry.ts';
import { readJournal } from '../../harness/journal/read-journal.ts';
import { LOG_CATALOGUE } from '../../harness/log-catalogue.ts';
import { UNIT } from './deploy.ts';
import type { Stand } from './step.ts';

export interface Cleanness {
  /** Lines that the service or systemd wrote about it. */
  lines: number;
  /** Lines that a clean log does not have, each with the pattern that found it. */
  forbidden: string[];
  /** Why nothing can be said; empty when something can. */
  missing: string[];
}

const PATTERNS = LOG_CATALOGUE.map(({ id, pattern }) => ({ id, expression: new RegExp(pattern) }));
const TAG = UNIT.replace('.service', '');

export async function cleannessSince(
  { machine, must, signal }: Stand,
  after: string,
  invocationIds: ReadonlySet<string>,
): Promise<Cleanness> {
  const word = `planted-${randomBytes(8).toString('hex')}`;
  await must(['logger', `--tag=${TAG}`, `UnhandledPromiseRejection ${word}`]);
  const found: Cleanness = { lines: 0, forbidden: [], missing: [] };
  let planted = 0;
  const identity = { unit: UNIT, pids: new Set<string>(), invocationIds };
  const judge = (entry: JournalEntry): void => {
    const message = entry.fields.get('MESSAGE') ?? '';
    const isOurs = entry.fields.get('SYSLOG_IDENTIFIER') === TAG;
    if (!isOurs && speakerOf(entry, identity) === undefined) return;
    const pattern = PATTERNS.find(({ expression }) => expression.test(message));
    if (message.includes(word)) planted += pattern === undefined ? 0 : 1;
    else if (pattern !== undefined) found.forbidden.push(`${pattern.id}: ${message}`);
    else found.lines += 1;
  };
  const reading = await readJournal({ transport: machine.transport, after, unit: UNIT, signal }, judge);
  found.missing.push(...reading.missing);
  if (planted !== 1) found.missing.push(`the planted line was found ${planted} times; once was expected`);
  return found;
}
