/**
 * What a watch knows across its own restarts: tallies of what it saw, when it looks next, how far the log was read, what
 * is failing and who was told. One file, replaced atomically after every look. Owned by `watch.ts`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { errorText } from '../../harness/errors.ts';
import { writeAtomically } from '../../harness/run-store.ts';
import type { Outcome } from '../../harness/verdict.ts';
import type { LifeRecord } from './growth.ts';
import type { LogCursor } from './log-cursor.ts';

export const JOBS = ['health', 'routes', 'log', 'process', 'report'] as const;
export type JobName = (typeof JOBS)[number];

/** One opinion about one subject at one moment. */
export interface Look {
  check: string;
  subject: string;
  outcome: Outcome;
  message: string;
  fix?: string;
}

/** Looks of one part of the window. */
export interface Bucket {
  /** Milliseconds since 1970. */
  fromMs: number;
  counts: Record<Outcome, number>;
}

export interface Tally {
  check: string;
  subject: string;
  buckets: Bucket[];
  last: Pick<Look, 'outcome' | 'message' | 'fix'> & { at: string };
  /** The last look of each kind that is worse than a pass. */
  worst: Partial<Record<'fail' | 'unknown', { at: string; message: string; fix?: string }>>;
  /** Since when it fails without a pass in between. */
  failingSince?: string;
}

/** A time in which nobody looked. */
export interface Gap {
  job: JobName | 'watch';
  from: string;
  to: string;
  /** How many looks fell into it, as near as can be told. */
  missed: number;
  why: string;
  /** It was announced beforehand. */
  expected: boolean;
}

/** Something that somebody is to be told. */
export interface PendingAlert {
  event: 'failed' | 'recovered';
  look: Look;
  since: string;
  tries: number;
}

export interface Ledger {
  ledger: 1;
  /** When this record began, and how often a watch took it up. */
  begunAt: string;
  starts: number;
  aliveAt: string;
  /** It ended in order: what comes after is no accident. */
  ended: boolean;
  nextDue: Partial<Record<JobName, string>>;
  tallies: Record<string, Tally>;
  gaps: Gap[];
  cursor?: LogCursor;
  /** When the log last had a new line. */
  logGrewAt?: string;
  life?: LifeRecord;
  pending: PendingAlert[];
  /** Failures that have been told, by key: their end is told as well. */
  told: Record<string, { since: string }>;
}

const BUCKETS = 24;
const MAX_GAPS = 200;

export const keyOf = ({ check, subject }: { check: string; subject: string }): string =>
  `${check} ${subject}`;

export function newLedger(now: Date): Ledger {
  const at = now.toISOString();
  return {
    ledger: 1,
    begunAt: at,
    starts: 0,
    aliveAt: at,
    ended: true,
    nextDue: {},
    tallies: {},
    gaps: [],
    pending: [],
    told: {},
  };
}

/** The ledger of the folder; a new one where there is none. `damage` says that there was one, and that it is lost. */
export function readLedger(path: string, now: Date): { ledger: Ledger; damage?: string } {
  if (!existsSync(path)) return { ledger: newLedger(now) };
  try {
    const ledger = JSON.parse(readFileSync(path, 'utf8')) as Ledger;
    if (ledger.ledger === 1) return { ledger };
    return { ledger: newLedger(now), damage: `${path} is of another version` };
  } catch (error) {
    return { ledger: newLedger(now), damage: `${path} cannot be read: ${errorText(error)}` };
  }
}

export function writeLedger(path: string, ledger: Ledger): void {
  writeAtomically(path, `${JSON.stringify(ledger)}\n`);
}

/** Enters a look; what is older than the window falls away. */
export function enterLook(ledger: Ledger, look: Look, now: Date, windowMs: number): void {
  const key = keyOf(look);
  const { check, subject, outcome, message, fix } = look;
  const at = now.toISOString();
  const tally: Tally = ledger.tallies[key] ?? {
    check,
    subject,
    buckets: [],
    last: { outcome, message, at },
    worst: {},
  };
  ledger.tallies[key] = tally;
  bucketFor(tally, now.getTime(), windowMs).counts[outcome] += 1;
  tally.last = { outcome, message, at, ...(fix === undefined ? {} : { fix }) };
  if (outcome === 'fail' || outcome === 'unknown')
    tally.worst[outcome] = { at, message, ...(fix === undefined ? {} : { fix }) };
  if (outcome === 'fail') tally.failingSince ??= at;
  if (outcome === 'pass') delete tally.failingSince;
}

export function enterGap(ledger: Ledger, gap: Gap): void {
  ledger.gaps = [...ledger.gaps, gap].slice(-MAX_GAPS);
}

/** Forgets what lies before the window. */
export function forgetOld(ledger: Ledger, now: Date, windowMs: number): void {
  const begin = now.getTime() - windowMs;
  for (const [key, tally] of Object.entries(ledger.tallies)) {
    tally.buckets = tally.buckets.filter(({ fromMs }) => fromMs + windowMs / BUCKETS >= begin);
    for (const kind of ['fail', 'unknown'] as const)
      if (Date.parse(tally.worst[kind]?.at ?? '') < begin && tally.last.outcome !== kind)
        delete tally.worst[kind];
    if (tally.buckets.length === 0) delete ledger.tallies[key];
  }
  ledger.gaps = ledger.gaps.filter(({ to }) => Date.parse(to) >= begin);
}

function bucketFor(tally: Tally, nowMs: number, windowMs: number): Bucket {
  const last = tally.buckets.at(-1);
  if (last !== undefined && nowMs < last.fromMs + windowMs / BUCKETS) return last;
  const bucket: Bucket = { fromMs: nowMs, counts: { fail: 0, unknown: 0, pass: 0, skip: 0 } };
  tally.buckets.push(bucket);
  return bucket;
}
