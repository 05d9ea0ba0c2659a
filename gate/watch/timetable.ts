/**
 * When the jobs of a watch are due, on node-cron, and which of their times passed without a look: the process was
 * stopped, the machine slept, the look before took too long. Owned by `watch.ts`.
 */
import { createTask, type ScheduledTask } from 'node-cron';
import type { WatchConfig } from '../../harness/config/watch.ts';
import { UsageError, errorText } from '../../harness/errors.ts';
import { enterGap, type JobName, type Ledger } from './ledger.ts';

/** Timers come a little early or late: what comes this close before the next time has missed this one. */
const TOLERANCE_MS = 50;

export interface Timetable {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Notes what was missed up to this time. Called before each look, at the start, and at the end. */
  noteMissed(job: JobName, until: Date, why: string): void;
  /** Called when a look is done: from now on the next one is due. */
  expectNext(job: JobName): void;
}

/** `tick` is called when a job is due; while it works its further times are missed, not queued. */
export function createTimetable(
  jobs: readonly JobName[],
  schedules: WatchConfig['schedules'],
  ledger: Ledger,
  tick: (job: JobName, due: Date) => Promise<void>,
): Timetable {
  const tasks = new Map(jobs.map((job) => [job, createJob(job, schedules[job], (due) => tick(job, due))]));
  const task = (job: JobName): ScheduledTask => tasks.get(job) as ScheduledTask;
  return {
    start: async () => {
      for (const each of tasks.values()) await each.start();
    },
    stop: async () => {
      for (const each of tasks.values()) await each.destroy();
    },
    noteMissed(job, until, why) {
      const due = ledger.nextDue[job];
      if (due === undefined) return;
      // Late, but before the next time, it is still that look.
      const lateMs = until.getTime() - Date.parse(due) + TOLERANCE_MS;
      const missed = Math.floor(lateMs / periodMs(task(job)));
      if (missed < 1) return;
      enterGap(ledger, { job, from: due, to: until.toISOString(), missed, why, expected: false });
    },
    expectNext(job) {
      const next = task(job).getNextRun();
      if (next !== null) ledger.nextDue[job] = next.toISOString();
    },
  };
}

function createJob(job: JobName, expression: string, tick: (due: Date) => Promise<void>): ScheduledTask {
  try {
    return createTask(expression, ({ date }) => tick(date), {
      name: job,
      timezone: 'UTC',
      noOverlap: true,
      suppressMissedWarning: true,
      logger: SILENT,
    });
  } catch (error) {
    throw new UsageError(`watch.schedules.${job}: "${expression}" is no schedule: ${errorText(error)}`);
  }
}

function periodMs(task: ScheduledTask): number {
  const [one, other] = task.getNextRuns(2);
  return one === undefined || other === undefined
    ? Number.POSITIVE_INFINITY
    : other.getTime() - one.getTime();
}

/** What node-cron has to say about a tick is in the ledger, as a gap. */
const SILENT = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };
