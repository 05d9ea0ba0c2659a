/**
 * The baseline: findings that are known and may stay for now, in a file that people read and merge. Pure: what it holds,
 * what it makes of verdicts, how it is written. Called by `adopting-stage.ts`.
 */
import { z } from 'zod';
import { UsageError } from '../../harness/errors.ts';
import { suppress, type Verdict } from '../../harness/verdict.ts';

export const BASELINE_FILE = 'shakedown-baseline.json';
const BASELINE_VERSION = 1;

/** No line numbers: an entry changes only when what it knows changes. */
const entrySchema = z.strictObject({
  rule: z.string().min(1),
  /** What the rule examined: file, function and call. */
  subject: z.string().min(1),
  /** Which of the rule's messages: another fault of the same subject is a new one. */
  finding: z.string().optional(),
  fingerprint: z.string().min(1),
  /** Who looks after it, and until when it may stay (`2027-03-31`): afterwards it fails again. */
  owner: z.string().optional(),
  expires: z.iso.date().optional(),
  reason: z.string().optional(),
});
export type BaselineEntry = z.infer<typeof entrySchema>;

const baselineSchema = z.strictObject({
  shakedownBaseline: z.literal(BASELINE_VERSION),
  about: z.string().optional(),
  findings: z.array(entrySchema),
});

const ABOUT =
  'Findings that were there when shakedown was adopted. They do not fail the check; new ones do. Remove an entry to have it fail again.';

/** @throws UsageError when it is no baseline of ours. */
export function parseBaseline(text: string, file: string): BaselineEntry[] {
  const broken = (what: string): UsageError =>
    new UsageError(
      `${file} is not a baseline that can be read: ${what}; write it anew with --write-baseline`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw broken(error instanceof Error ? error.message : String(error));
  }
  const result = baselineSchema.safeParse(value);
  if (result.success) return result.data.findings;
  const [issue] = result.error.issues;
  const where = issue?.path.map(String).join('.');
  throw broken(`${where ? `"${where}": ` : ''}${issue?.message.replace(/^Invalid input: /, '')}`);
}

/** Sorted by rule and subject, an entry in a block of its own: two branches that add findings merge. */
export function renderBaseline(entries: readonly BaselineEntry[]): string {
  const key = ({ rule, subject, finding, fingerprint }: BaselineEntry): string =>
    [rule, subject, finding, fingerprint].join('\0');
  const findings = [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return `${JSON.stringify({ shakedownBaseline: BASELINE_VERSION, about: ABOUT, findings }, null, 2)}\n`;
}

/** The baseline of these verdicts. Entries that stay keep owner, expiry and reason; so do those of rules that did not run. */
export function baselineOf(
  verdicts: readonly Verdict[],
  before: readonly BaselineEntry[],
  ran: ReadonlySet<string>,
): BaselineEntry[] {
  const known = new Map(before.map((entry) => [keyOf(entry), entry]));
  const found = verdicts.filter(isFinding).map((verdict): BaselineEntry => {
    const { check: rule, subject, messageId: finding, fingerprint } = verdict;
    const entry = { rule, subject, ...(finding === undefined ? {} : { finding }), fingerprint };
    return { ...known.get(keyOf(entry)), ...entry };
  });
  return [...found, ...before.filter(({ rule }) => !ran.has(rule))];
}

export interface Applied {
  verdicts: Verdict[];
  known: number;
  fresh: number;
  /** Entries of rules that ran to their end and did not find them any more. */
  gone: BaselineEntry[];
  expired: BaselineEntry[];
}

/** `today` as `2026-11-29`. */
export function applyBaseline(
  verdicts: readonly Verdict[],
  entries: readonly BaselineEntry[],
  ran: ReadonlySet<string>,
  { file, today }: { file: string; today: string },
): Applied {
  const left = new Map(entries.map((entry) => [keyOf(entry), entry]));
  const expired: BaselineEntry[] = [];
  let known = 0;
  let fresh = 0;
  const judged = verdicts.map((verdict): Verdict => {
    if (!isFinding(verdict)) return verdict;
    const key = keyOf({ rule: verdict.check, finding: verdict.messageId, fingerprint: verdict.fingerprint });
    const entry = left.get(key);
    left.delete(key);
    if (entry === undefined) {
      fresh += 1;
      return verdict;
    }
    if (entry.expires !== undefined && entry.expires < today) {
      expired.push(entry);
      return { ...verdict, message: `${verdict.message} (its place in ${file} expired on ${entry.expires})` };
    }
    known += 1;
    return suppress(verdict, 'baseline', reasonOf(entry, file));
  });
  const gone = [...left.values()].filter(({ rule }) => ran.has(rule));
  return { verdicts: judged, known, fresh, gone, expired };
}

function reasonOf({ reason, owner, expires }: BaselineEntry, file: string): string {
  return [
    reason ?? `known, in ${file}`,
    ...(owner === undefined ? [] : [`owner ${owner}`]),
    ...(expires === undefined ? [] : [`until ${expires}`]),
  ].join(', ');
}

const isFinding = ({ outcome }: Verdict): boolean => outcome === 'fail';

const keyOf = ({
  rule,
  finding,
  fingerprint,
}: Pick<BaselineEntry, 'rule' | 'fingerprint'> & { finding?: string | undefined }): string =>
  [rule, finding, fingerprint].join('\0');
