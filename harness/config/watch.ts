/** The `watch` block of the configuration: what `shakedown watch` looks at while a deployed service runs, how often, and whom it tells. */
import { z } from 'zod';

const path = z.string().startsWith('/');
/** With or without a field for seconds; whether it means something node-cron says when the watch begins. */
const cron = z
  .string()
  .regex(/^\S+(?: +\S+){4,5}$/, 'a cron expression of 5 or 6 fields, such as "*/15 * * * * *"');

const question = z.strictObject({
  path,
  status: z.number().int().default(200),
  withinMs: z.number().positive().default(5_000),
});
export type WatchQuestion = z.output<typeof question>;

const log = z.union([
  z.strictObject({
    /** The file that the service or its supervisor appends to, relative to the configuration file. It may be rotated by renaming. */
    file: z.string().min(1),
  }),
  z.strictObject({
    /** The journal of this unit, on the host of "target" or this one. */
    unit: z.string().min(1),
  }),
]);

const watchedProcess = z.union([
  z.strictObject({ unit: z.string().min(1) }),
  z.strictObject({ pidFile: z.string().min(1) }),
  /** Who listens on this port of this host. */
  z.strictObject({ port: z.number().int().min(1).max(65535) }),
]);

const schedules = z.strictObject({
  health: cron.default('*/15 * * * * *'),
  routes: cron.default('0 */5 * * * *'),
  log: cron.default('*/10 * * * * *'),
  process: cron.default('*/30 * * * * *'),
  report: cron.default('0 * * * * *'),
});

const alert = z.strictObject({
  /** Run once for each new failure and once when it is over; the event is on its standard input, as JSON. */
  command: z.array(z.string().min(1)).min(1),
  withinMs: z.number().positive().default(30_000),
});

/** How much more at the end of a steady rise is called a leak; a smaller one is no finding. */
const growth = z.strictObject({
  descriptors: z.number().int().positive().default(20),
  children: z.number().int().positive().default(3),
  memoryBytes: z
    .number()
    .int()
    .positive()
    .default(64 * 1024 * 1024),
});

export const watch = z.strictObject({
  /** Where the service answers: `http://127.0.0.1:3000`; that of "target" when left out. */
  url: z
    .string()
    .regex(/^https?:\/\/[^/\s]+\/?$/, 'expected http://host:port without a path')
    .optional(),
  /** What is asked, and what must be answered; the readiness route of "service" when left out. */
  health: z.array(question).min(1).optional(),
  /** Whether the required routes of "routes" are looked at, in its document and by asking those that only read. */
  routes: z.boolean().default(true),
  log: log.optional(),
  process: watchedProcess.optional(),
  /** In UTC. The field for seconds may be used: `* * * * * *` looks each second. */
  schedules: schedules.prefault({}),
  alert: alert.optional(),
  growth: growth.prefault({}),
  /** Over which time the report speaks. */
  windowMs: z.number().positive().default(86_400_000),
  /** A log without any new line for so long is unknown, not clean. */
  logQuietMs: z.number().positive().default(86_400_000),
  /** Folder of the report, the record and the cursors. */
  folder: z.string().min(1).default('runs/watch'),
  /** Records of so many days are kept. */
  keepDays: z.number().int().positive().default(30),
});
export type WatchConfig = z.output<typeof watch>;
