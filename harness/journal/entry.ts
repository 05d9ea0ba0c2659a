/**
 * What an entry of the journal says and whose it is. Pure; used by `read-journal.ts` and the systemd supervisor.
 */

/** One entry with the fields that are asked for; a value longer than {@link MAX_VALUE_BYTES} is cut. */
export interface JournalEntry {
  cursor: string;
  /** Which series `seqnum` counts in: journald begins another one when it begins a journal anew. */
  seqnumId: string;
  /** Counts every entry that journald writes, whosever: one that is missing was there. */
  seqnum: number;
  fields: JournalFields;
}

export type JournalFields = Pick<ReadonlyMap<string, string>, 'get' | 'has'>;

/** Longer values are cut: a line is evidence, not a data channel. */
export const MAX_VALUE_BYTES = 64 * 1024;

/** The fields that are asked of journalctl; it always adds cursor, times and boot. */
export const FIELDS = [
  'MESSAGE',
  'MESSAGE_ID',
  '_PID',
  '_SYSTEMD_UNIT',
  '_SYSTEMD_INVOCATION_ID',
  'UNIT',
  'INVOCATION_ID',
  'OBJECT_SYSTEMD_UNIT',
  'COREDUMP_UNIT',
  'SYSLOG_IDENTIFIER',
  '_STREAM_ID',
  '_LINE_BREAK',
  'N_DROPPED',
] as const;

/** Message ids of journald about itself. */
const SUPPRESSED = 'a596d6fe7bfa4994828e72309e95d61e';
const JOURNAL_STARTED = 'f77379a8490b408bbe5f6940505a777b';

/** By what a unit's entries are known. */
export interface UnitIdentity {
  unit: string;
  /** Main processes: lines of one that has just gone may come without the name of the unit. */
  pids: ReadonlySet<string>;
  invocationIds: ReadonlySet<string>;
}

/** Who says it: the service itself, or systemd and journald about it. `undefined`: it is about something else. */
export type Speaker = 'service' | 'manager';

export function speakerOf({ fields }: JournalEntry, identity: UnitIdentity): Speaker | undefined {
  const unit = fields.get('_SYSTEMD_UNIT');
  if (unit === identity.unit) return 'service';
  const invocation = fields.get('_SYSTEMD_INVOCATION_ID');
  if (invocation !== undefined && identity.invocationIds.has(invocation)) return 'service';
  if (unit === undefined && identity.pids.has(fields.get('_PID') ?? '')) return 'service';
  const about = ['UNIT', 'OBJECT_SYSTEMD_UNIT', 'COREDUMP_UNIT'].some(
    (name) => fields.get(name) === identity.unit,
  );
  return about ? 'manager' : undefined;
}

/** Why lines of the unit are missing although no entry is; `undefined` for every ordinary entry. */
export function lossToldBy({ fields }: JournalEntry, unit: string): string | undefined {
  const id = fields.get('MESSAGE_ID');
  if (id === JOURNAL_STARTED) return 'journald was started anew meanwhile: what it was sent then may be lost';
  if (id !== SUPPRESSED) return undefined;
  const message = fields.get('MESSAGE') ?? '';
  if (!message.includes(unit) && fields.get('OBJECT_SYSTEMD_UNIT') !== unit) return undefined;
  return `journald's rate limit dropped ${fields.get('N_DROPPED') ?? 'some'} lines (${message})`;
}
