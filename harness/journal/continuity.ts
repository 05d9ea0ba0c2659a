/**
 * Whether entries follow one another without a gap. journald numbers every entry that it writes, so one that was
 * rotated away, vacuumed or may not be read leaves a hole in the numbers. Pure; used by `read-journal.ts`.
 */
import type { JournalEntry } from './entry.ts';

/** More than this many holes say nothing more. */
const MAX_REASONS = 5;

type Numbered = Pick<JournalEntry, 'seqnumId' | 'seqnum'>;

export interface Continuity {
  /** Takes the next entry. */
  follow(entry: Numbered): void;
  /** What is missing, in words. */
  readonly missing: readonly string[];
}

/** Continuity from the entry of a cursor on. */
export function continuityFrom(cursor: string): Continuity {
  const missing: string[] = [];
  let last = parseCursor(cursor);
  const tell = (reason: string): void => {
    if (missing.length < MAX_REASONS) missing.push(reason);
  };
  return {
    missing,
    follow({ seqnumId, seqnum }) {
      if (last === undefined) tell(`the cursor "${cursor}" has no number to go on from`);
      // Each user has a file of the journal, which systemd 252 gives an id of its own; the numbers go on through all.
      else if (seqnumId !== last.seqnumId && seqnum !== last.seqnum + 1)
        tell('the journal was begun anew: what came in between cannot be accounted for');
      else if (seqnum <= last.seqnum)
        tell(`entry ${seqnum} came after entry ${last.seqnum}: the journal is out of order`);
      else if (seqnum > last.seqnum + 1)
        tell(
          `${seqnum - last.seqnum - 1} entries after number ${last.seqnum} are gone: rotated away, vacuumed, or not readable by this user`,
        );
      last = { seqnumId, seqnum };
    },
  };
}

export function parseCursor(cursor: string): Numbered | undefined {
  const [, seqnumId, seqnum] = /^s=([0-9a-f]+);i=([0-9a-f]+);/.exec(cursor) ?? [];
  return seqnumId === undefined || seqnum === undefined
    ? undefined
    : { seqnumId, seqnum: Number.parseInt(seqnum, 16) };
}
