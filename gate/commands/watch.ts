/** `shakedown watch`: looks at a deployed service for a day or for ever; `watch pause` announces a restart. */
import { mkdirSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Config, TargetConfig } from '../../harness/config.ts';
import { UsageError } from '../../harness/errors.ts';
import { loadConfig, type LoadedConfig } from '../../harness/load-config.ts';
import { createMask } from '../../harness/mask.ts';
import { lockRuns } from '../../harness/run-lock.ts';
import { openTarget } from '../../harness/supervisors/open-supervisor.ts';
import { localTransport } from '../../harness/transport/local.ts';
import type { Transport } from '../../harness/transport/transport.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { watchInterruption } from '../interruption.ts';
import type { ConfigOptions } from '../options.ts';
import { printResult } from '../print-result.ts';
import { createProgress, NO_PROGRESS } from '../progress.ts';
import { describeProject } from '../reports/describe-project.ts';
import { announcePause } from '../watch/pause.ts';
import { watchService } from '../watch/watch.ts';

export interface WatchOptions extends ConfigOptions {
  /** Milliseconds; left out: until it is told to end. */
  for?: number;
  once?: boolean;
}

export interface PauseOptions {
  for: number;
  reason: string;
  config?: string;
}

/** Longer than any host runs: the gate's deadline is none for a watch. */
const NEVER_MS = 2 ** 31 - 1;

export async function watch(options: WatchOptions): Promise<number> {
  if (options.once === true && options.for !== undefined)
    throw new UsageError('--once looks once, --for looks for a time: choose one of them');
  const loaded = await load(options.config);
  const { config, projectRoot } = loaded;
  const { settings, folder } = settingsOf(loaded);
  const progress = options.quiet === true ? NO_PROGRESS : createProgress(process.stderr, process.env);
  const way = await openWay(config.target, projectRoot);
  mkdirSync(folder, { recursive: true });
  const unlock = lockRuns(folder);
  try {
    using interruption = watchInterruption(NEVER_MS, progress.note);
    const report = await watchService({
      config,
      watch: settings,
      url: (settings.url ?? config.target?.url)?.replace(/\/$/, ''),
      projectRoot,
      transport: way.transport,
      folder,
      serviceName: config.service?.name ?? 'service',
      forMs: options.for,
      once: options.once === true,
      mask: createMask({ ...process.env, ...config.service?.env }, config.secrets),
      progress,
      signal: interruption.signal,
    });
    printResult(
      report.input,
      report.written,
      { run: { folder }, output: options, projectRoot },
      describeProject(projectRoot, loaded.file),
    );
    const { by } = interruption;
    return by === 'SIGINT' || by === 'SIGTERM' ? EXIT_CODES[by] : report.written.exitCode;
  } finally {
    unlock();
    await way.close();
  }
}

/** Says beforehand that the service will be restarted: what is missed in that time is no finding. */
export async function pauseWatch({ for: ms, reason, config }: PauseOptions): Promise<number> {
  const { folder } = settingsOf(await load(config));
  mkdirSync(folder, { recursive: true });
  const pause = announcePause(folder, ms, reason, new Date());
  process.stderr.write(
    `announced in ${relative(process.cwd(), folder)}: ${pause.reason}, until ${pause.until}\n`,
  );
  return EXIT_CODES.pass;
}

function load(config: string | undefined): Promise<LoadedConfig> {
  return loadConfig(process.cwd(), config === undefined ? undefined : resolve(config));
}

function settingsOf({ config, projectRoot }: LoadedConfig): {
  settings: NonNullable<Config['watch']>;
  folder: string;
} {
  if (config.watch === undefined)
    throw new UsageError(
      '`shakedown watch` needs "watch" in the configuration: say where the service answers and where its log is',
    );
  return { settings: config.watch, folder: resolve(projectRoot, config.watch.folder) };
}

async function openWay(
  target: TargetConfig | undefined,
  projectRoot: string,
): Promise<{ transport: Transport; close(): Promise<void> }> {
  if (target === undefined || (target.host === 'local' && target.become.length === 0))
    return { transport: localTransport, close: () => Promise.resolve() };
  return openTarget(target, projectRoot);
}
