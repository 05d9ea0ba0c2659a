/**
 * The watch: looks when a job is due, enters what it saw, tells whoever is to be told, replaces the report. Everything it
 * knows is in its folder after every look, so that it can be killed and started again. Called by the command.
 */
import { appendFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { errorText } from '../../harness/errors.ts';
import type { Mask } from '../../harness/mask.ts';
import type { Progress } from '../../harness/stage.ts';
import { deliverAlerts, planAlerts } from './alerts.ts';
import {
  enterGap,
  enterLook,
  forgetOld,
  readLedger,
  writeLedger,
  type JobName,
  type Ledger,
  type Look,
} from './ledger.ts';
import { LOOKS, plannedJobs, type LookContext } from './looks.ts';
import { pauseNow } from './pause.ts';
import { reportWatch, type WatchReport } from './report.ts';
import { createTimetable, type Timetable } from './timetable.ts';

export const LEDGER_FILE = 'ledger.json';
/** A watch that was away for less than this was only started anew. */
const AWAY_MS = 1_000;

export interface WatchRequest extends Pick<
  LookContext,
  'config' | 'watch' | 'url' | 'projectRoot' | 'transport'
> {
  folder: string;
  serviceName: string;
  /** Ends after this time; left out: when it is told to. */
  forMs?: number | undefined;
  /** One look of every job, and no more. */
  once: boolean;
  mask: Mask;
  progress: Progress;
  signal: AbortSignal;
}

interface Watching extends WatchRequest {
  ledger: Ledger;
  planned: ReturnType<typeof plannedJobs>;
  save(): void;
  /** Settles when nobody is being told anything: jobs look side by side, and each failure is told once. */
  telling: Promise<void>;
}

/** @returns the last report. */
export async function watchService(request: WatchRequest): Promise<WatchReport> {
  const { folder } = request;
  mkdirSync(folder, { recursive: true });
  const { ledger, damage } = readLedger(join(folder, LEDGER_FILE), new Date());
  const watching: Watching = {
    ...request,
    ledger,
    planned: plannedJobs(request),
    telling: Promise.resolve(),
    save: () => writeLedger(join(folder, LEDGER_FILE), request.mask.json(ledger) as Ledger),
  };
  const timetable = createTimetable(watching.planned.run, request.watch.schedules, ledger, (job) =>
    tick(watching, timetable, job),
  );
  // After the timetable: a schedule that is none is wrong usage, and changes nothing.
  takeUp(watching, damage);
  for (const job of watching.planned.run) timetable.noteMissed(job, new Date(), 'the watch did not run');
  if (request.once) {
    for (const job of watching.planned.run) await look(watching, job);
  } else {
    for (const job of watching.planned.run) timetable.expectNext(job);
    await timetable.start();
    await untilOver(request);
    await timetable.stop();
    const now = new Date();
    if (!request.signal.aborted)
      for (const job of watching.planned.run) timetable.noteMissed(job, now, 'it was due and did not come');
  }
  ledger.ended = true;
  ledger.nextDue = {};
  return finish(watching);
}

/** Goes on with the ledger: what lies between its end and now is a gap that has a name. */
function takeUp({ ledger, folder, once, save }: Watching, damage: string | undefined): void {
  const now = new Date();
  const at = now.toISOString();
  const awayMs = now.getTime() - Date.parse(ledger.aliveAt);
  if (damage !== undefined)
    enterGap(ledger, {
      job: 'watch',
      from: at,
      to: at,
      missed: 0,
      why: `what was known before is lost: ${damage}`,
      expected: false,
    });
  // Whoever looks once at a time has another clock: only an end that was none is a gap.
  const isBetweenLooks = once && ledger.ended;
  if (ledger.starts > 0 && awayMs > AWAY_MS && !isBetweenLooks) {
    const paused = pauseNow(folder, now);
    const how = ledger.ended ? 'it had been ended' : 'it was killed, or its host went down';
    const why = paused === undefined ? how : `${how}, as announced: ${paused.reason}`;
    enterGap(ledger, {
      job: 'watch',
      from: ledger.aliveAt,
      to: at,
      missed: 0,
      why,
      expected: paused !== undefined,
    });
  }
  ledger.starts += 1;
  ledger.ended = false;
  ledger.aliveAt = at;
  save();
}

async function tick(watching: Watching, timetable: Timetable, job: JobName): Promise<void> {
  if (watching.signal.aborted) return;
  const now = new Date();
  try {
    timetable.noteMissed(job, now, 'the look before took too long, or the watch was held up');
    timetable.expectNext(job);
    await look(watching, job);
    watching.save();
  } catch (error) {
    noteUnwritten(watching, job, now, error);
  }
}

/** A full disk is one reason: the watch goes on, and says so once it can write again. */
function noteUnwritten(
  { ledger, progress }: Watching,
  job: JobName | 'watch',
  now: Date,
  error: unknown,
): void {
  const why = `what was seen could not be written: ${errorText(error)}`;
  const from = now.toISOString();
  enterGap(ledger, { job, from, to: new Date().toISOString(), missed: 1, why, expected: false });
  progress.note(`${from} ${job}: ${why}`);
}

/** One look of one job, whatever becomes of it. */
async function look(watching: Watching, job: JobName): Promise<void> {
  const { ledger, watch, save, progress } = watching;
  const now = new Date();
  ledger.aliveAt = now.toISOString();
  if (job === 'report') {
    forgetOld(ledger, now, watch.windowMs);
    removeOldRecords(watching, now);
    await reportWatch({ ...watching, now });
    return;
  }
  const lifeBefore = structuredClone(ledger.life);
  const looks = await lookNow(watching, job, now);
  // A look that the end of the watch broke off has seen nothing, and takes nothing from the next watch.
  if (watching.signal.aborted) {
    if (lifeBefore !== undefined) ledger.life = lifeBefore;
    return;
  }
  for (const each of looks) {
    enterLook(ledger, each, now, watch.windowMs);
    if (each.outcome === 'fail')
      progress.note(`${now.toISOString()} FAIL ${each.check} ${each.subject}: ${each.message}`);
  }
  record(watching, now, { job, looks });
  planAlerts(ledger, looks, now);
  // On disk before anybody is told: a watch that dies in between tells it when it is back.
  save();
  watching.telling = watching.telling.then(() => tell(watching, now));
  await watching.telling;
}

async function tell(watching: Watching, now: Date): Promise<void> {
  const { ledger, folder, watch, save, serviceName, projectRoot } = watching;
  for (const each of await deliverAlerts(
    ledger,
    watch.alert,
    { service: serviceName, folder, cwd: projectRoot },
    save,
  )) {
    enterLook(ledger, each, now, watch.windowMs);
    record(watching, now, { job: 'alert', looks: [each] });
  }
  save();
}

async function lookNow(watching: Watching, job: Exclude<JobName, 'report'>, now: Date): Promise<Look[]> {
  try {
    return await LOOKS[job]({ ...watching, pause: pauseNow(watching.folder, now)?.reason, now });
  } catch (error) {
    const message = `the look failed: ${errorText(error)}`;
    return [
      {
        check: 'looked',
        subject: job,
        outcome: 'unknown',
        message,
        fix: 'report this: a look must not fail',
      },
    ];
  }
}

/** Every look, one JSON line each, a file for each day. */
function record({ folder, mask }: Watching, now: Date, entry: object): void {
  const file = join(folder, `looks-${now.toISOString().slice(0, 10)}.ndjson`);
  appendFileSync(file, `${JSON.stringify(mask.json({ at: now.toISOString(), ...entry }))}\n`);
}

function removeOldRecords({ folder, watch }: Watching, now: Date): void {
  const oldest = new Date(now.getTime() - watch.keepDays * 86_400_000).toISOString().slice(0, 10);
  for (const name of readdirSync(folder)) {
    const day = /^looks-(\d{4}-\d\d-\d\d)\.ndjson$/.exec(name)?.[1];
    if (day !== undefined && day < oldest) rmSync(join(folder, name));
  }
}

async function untilOver({ forMs, signal }: WatchRequest): Promise<void> {
  const longest = 2 ** 31 - 1;
  const endsAt = performance.now() + (forMs ?? Number.POSITIVE_INFINITY);
  while (!signal.aborted && performance.now() < endsAt) {
    await pause(Math.min(endsAt - performance.now(), longest), undefined, { signal }).catch(() => undefined);
  }
}

async function finish(watching: Watching): Promise<WatchReport> {
  const now = new Date();
  watching.ledger.aliveAt = now.toISOString();
  try {
    watching.save();
  } catch (error) {
    noteUnwritten(watching, 'watch', now, error);
  }
  return reportWatch({ ...watching, now });
}
