/**
 * The configuration: what a user says about the service and what the gate demands of it.
 * `defineConfig` is the public entry of the package; the schema is the one list of keys, units and defaults.
 */
import { z } from 'zod';
import { companions } from './config/companions.ts';
import { faults } from './config/faults.ts';
import { limits } from './config/limits.ts';
import { moods } from './config/moods.ts';
import { reason } from './config/reason.ts';
import { brokenReferences } from './config/references.ts';
import { resources } from './config/resources.ts';
import { routes } from './config/routes.ts';
import { scenarioName } from './config/scenarios.ts';
import { target } from './config/target.ts';
import { watch } from './config/watch.ts';

const positiveMs = z.number().positive();

const readiness = z.union([
  z.strictObject({
    /** Path that answers when the service may have traffic: `/api/health/ready`. */
    http: z.string().startsWith('/'),
    status: z.number().int().default(200),
  }),
  z.strictObject({
    /** Regular expression (source text) that a line of the service's output matches when it is ready. */
    log: z.string().min(1),
  }),
]);

const service = z.strictObject({
  name: z.string().min(1).default('service'),
  /** Who starts and stops it: this program, or the systemd of "target". */
  supervisor: z.enum(['process', 'systemd']).default('process'),
  /**
   * Program and arguments. A first word `node` is replaced by the service's own Node. `{port}`, `{scratch}` and addresses
   * of companions (`{exchanges.luno}` is `127.0.0.1:PORT`) are filled in. A systemd unit has its own.
   */
  command: z.array(z.string()).min(1).default([]),
  /** Working directory, relative to the configuration file. */
  cwd: z.string().default('.'),
  /** The service's own Node: a path relative to the configuration file, or a name looked up on the PATH as it was before npm changed it. */
  node: z.string().default('node'),
  /**
   * Variables added to the environment. `{port}`, `{scratch}` (a private folder, kept over restarts, removed at the end),
   * `{random}` and addresses of companions are filled in.
   */
  env: z.record(z.string(), z.string()).default({}),
  /** File with NAME=value lines, read before `env`. */
  envFile: z.string().optional(),
  /** TCP port on loopback; `auto` picks a free one below 32768 and fills `{port}`; `none`: the service does not listen. */
  port: z.union([z.number().int().min(1).max(65535), z.enum(['auto', 'none'])]).default('auto'),
  host: z.string().default('127.0.0.1'),
  readiness,
  readyWithinMs: positiveMs.default(15_000),
  stopSignal: z.enum(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']).default('SIGTERM'),
  /** Longest time from the stop signal to the exit. */
  exitWithinMs: positiveMs.default(10_000),
});

const source = z.strictObject({
  /** Entry files, relative to the configuration file; found by themselves when left out. */
  entries: z.array(z.string()).optional(),
  tsconfig: z.string().optional(),
  /** Folder that is analysed. */
  root: z.string().default('.'),
  exclude: z.array(z.string()).default([]),
  /** The compiler that is asked for types: TypeScript 6 in this process, or TypeScript 7, faster, in one of its own. */
  types: z.enum(['6', '7']).default('6'),
});

const build = z.strictObject({
  command: z.array(z.string()).min(1),
  cwd: z.string().default('.'),
  /** Files or folders that the build writes and that the service runs from. */
  outputs: z.array(z.string()).min(1),
  withinMs: positiveMs.default(300_000),
});

const requestTemplate = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  path: z.string().startsWith('/'),
  headers: z.record(z.string(), z.string()).default({}),
  /** Sent as JSON. */
  body: z.unknown().optional(),
  /** The identity of `routes.identities` that sends it. */
  as: z.string().optional(),
  /** Statuses that count as answered. */
  expect: z.array(z.number().int()).default([200]),
  weight: z.number().positive().default(1),
});
export type RequestTemplate = z.infer<typeof requestTemplate>;

const load = z.strictObject({
  requestsPerSecond: z.number().positive().default(100),
  /** How long load is applied before each stop signal. */
  beforeStopMs: positiveMs.default(500),
  connections: z.number().int().positive().default(16),
  timeoutMs: positiveMs.default(5_000),
  requests: z.array(requestTemplate).min(1),
  /** Event streams that are held open over each stop signal, as a browser holds them. */
  streams: z
    .array(
      z.strictObject({
        path: z.string().startsWith('/'),
        headers: z.record(z.string(), z.string()).default({}),
        /** The identity of `routes.identities` that opens it. */
        as: z.string().optional(),
        count: z.number().int().positive().default(5),
      }),
    )
    .default([]),
});

const soak = z.strictObject({
  cycles: z.number().int().positive().default(10),
  /** Open-loop load during the restarts; `false` says that there is none on purpose (a service without HTTP). */
  load: z.union([load, z.literal(false)]).optional(),
  /** Counts at two points of one life may differ by this much before it is called a leak. */
  settleWithinMs: positiveMs.default(3_000),
  /**
   * Whether each life is looked into by a preload: what is open, warnings, rejections, the event loop. `false` for a service
   * that is not run by Node.
   */
  inside: z.boolean().default(true),
  /** The scenario `long-uptime`: how often the heap is sampled, after how long a stretch of load each. */
  uptime: z
    .strictObject({
      samples: z.number().int().min(48).default(60),
      everyMs: positiveMs.default(1_000),
    })
    .prefault({}),
  /** Scenarios that run; left out: each that is configured. Those that do not run are listed as skipped. */
  scenarios: z.array(scenarioName).min(1).optional(),
  /**
   * The scenario `kept-schedules`: files of schedules that an exploration found, relative to the configuration file. Those in
   * `soak-schedules/` are found by themselves.
   */
  keptSchedules: z.array(z.string().min(1)).default([]),
  /** The scenario `companion-moods`: one life of the service in every mood of every subject of a companion. */
  moods: moods.optional(),
  /** What the fault scenarios need to know of the service. */
  faults: faults.prefault({}),
});

const logs = z.strictObject({
  /** Log lines that are known and allowed: a regular expression (source text) with the reason. */
  allow: z.array(z.strictObject({ pattern: z.string().min(1), reason })).default([]),
  /** Further forbidden patterns. */
  forbid: z
    .array(z.strictObject({ id: z.string().min(1), pattern: z.string().min(1), meaning: z.string().min(1) }))
    .default([]),
});

const deployment = z.strictObject({
  /** Files or folders with units, scripts and proxy configuration, relative to the configuration file; found by themselves when left out. */
  files: z.array(z.string().min(1)).min(1).optional(),
  /** The highest exposure that `systemd-analyze security` may see in a unit: 0 is closed, 10 is open. */
  exposureAtMost: z.number().min(0).max(10).default(7),
});

const rules = z.strictObject({
  /** Reported, but never turning the gate red. */
  advisory: z.array(z.string()).default([]),
  off: z.record(z.string(), reason).default({}),
  /** Rules that must find at least one subject; `unknown` when they find none. */
  mustHaveSubjects: z.array(z.string()).default([]),
  /** File of findings that are known and may stay for now; `shakedown check --write-baseline` writes it. */
  baseline: z.string().min(1).optional(),
});

const reports = z.strictObject({
  /** Folder that gets a copy of the reports, besides the run's own. */
  folder: z.string().optional(),
});

const wholeConfig = z.strictObject({
  source: source.prefault({}),
  build: build.optional(),
  /** Programs that run beside the service: started before it, stopped after it. */
  companions,
  service: service.optional(),
  /** The systemd unit of a deployed service: what `service.supervisor: 'systemd'` and `gate --target` are about. */
  target: target.optional(),
  /** `false` says on purpose that the service has no routes; left out, the routes are unknown. */
  routes: z.union([routes, z.literal(false)]).optional(),
  /** How the service is deployed; `false` says on purpose that nothing here deploys it. Left out, the files are found. */
  deployment: z.union([deployment, z.literal(false)]).prefault({}),
  soak: soak.prefault({}),
  /** What `shakedown watch` looks at while a deployed service runs. */
  watch: watch.optional(),
  limits: limits.prefault({}),
  logs: logs.prefault({}),
  rules: rules.prefault({}),
  /** Resources that the catalogue does not know: what opens them and what releases them. */
  resources,
  /** Checks that this host cannot run, each with the reason: `{ 'soak/log-clean': 'logs go to a remote collector' }`. */
  unavailable: z.record(z.string(), reason).default({}),
  reports: reports.prefault({}),
  /** Folder of the runs. */
  runs: z.string().default('runs'),
  /** Finished runs that are kept; older ones are removed when a new one starts. */
  keepRuns: z.number().int().positive().default(20),
  /** Longest time the whole gate may take. */
  gateWithinMs: positiveMs.default(900_000),
  /** Environment variables whose values are masked, besides those whose names say so. */
  secrets: z.array(z.string()).default([]),
});

/** Keys, units and defaults, and that every name in it stands for something. */
export const configSchema = wholeConfig.superRefine((config, context) => {
  for (const { path, message } of brokenReferences(config))
    context.addIssue({ code: 'custom', path, message });
});

/** What a user writes: everything with a default may be left out. */
export type UserConfig = z.input<typeof configSchema>;
/** The configuration with every default filled in. */
export type Config = z.output<typeof configSchema>;
export type ServiceConfig = z.output<typeof service>;
export type Limits = z.output<typeof limits>;
export type TargetConfig = z.output<typeof target>;
export type RoutesConfig = z.output<typeof routes>;
export type DeploymentConfig = z.output<typeof deployment>;
export type SoakConfig = z.output<typeof soak>;
export type LoadConfig = z.output<typeof load>;
export type LogsConfig = z.output<typeof logs>;
export type RulesConfig = z.output<typeof rules>;
export type BuildConfig = z.output<typeof build>;

/** Types a configuration in `shakedown.config.ts`; validation happens when it is loaded. */
export function defineConfig(config: UserConfig): UserConfig {
  return config;
}
