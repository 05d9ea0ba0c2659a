/** The `companions` block of the configuration: programs that run beside the service, such as exchanges or databases. */
import { z } from 'zod';

/** A word that can stand in a placeholder, a path and a file name. */
export const plainName = z.string().regex(/^[A-Za-z][\w-]*$/, 'a name of letters, digits, _ and -');

const readiness = z.union([
  z.strictObject({
    /** Path that answers when the companion may be used, and on which of its ports. */
    http: z.string().startsWith('/'),
    port: plainName,
    status: z.number().int().default(200),
  }),
  z.strictObject({
    /** Regular expression (source text) that a line of its output matches when it may be used. */
    log: z.string().min(1),
  }),
]);

const complaints = z.strictObject({
  /** Path that answers with JSON, and on which port. */
  http: z.string().startsWith('/'),
  port: plainName,
  /** JSON pointer to an array in the answer; `''` is the answer itself. Each entry is one thing that went wrong. */
  pointer: z
    .string()
    .regex(/^(\/.*)?$/, "a JSON pointer such as /unserved, or ''")
    .default(''),
});

const companion = z.strictObject({
  /** The service's configuration names its ports by it: `{exchanges.luno}` is `127.0.0.1:PORT`. */
  name: plainName,
  /**
   * Program and arguments. A first word `node` is replaced by the harness's own Node, unless `node` is given.
   * `{port:NAME}` is one of `ports`, `{seed}` the seed of the run, `{scratch}` a private folder, `{random}` a new word.
   */
  command: z.array(z.string()).min(1),
  /** Working directory, relative to the configuration file. */
  cwd: z.string().default('.'),
  /** A Node of its own: a path relative to the configuration file, or a name on the service's PATH. */
  node: z.string().optional(),
  /** Variables added to the environment, with the same placeholders as `command`. */
  env: z.record(z.string(), z.string()).default({}),
  /** Names of the TCP ports it is given: each a free one below 32768 on 127.0.0.1. */
  ports: z.array(plainName).default([]),
  readiness,
  readyWithinMs: z.number().positive().default(15_000),
  stopSignal: z.enum(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']).default('SIGTERM'),
  /** Longest time from the stop signal to the exit. */
  exitWithinMs: z.number().positive().default(5_000),
  /** Asked before it is stopped: an array with anything in it fails the run. */
  complaints: complaints.optional(),
});
export type CompanionConfig = z.output<typeof companion>;

/** In the order in which they are reported; they start together. */
export const companions = z.array(companion).default([]);
