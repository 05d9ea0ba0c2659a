/**
 * Loads the configuration for a command. When it is wrong, the command ends with one clear error, exit code 2,
 * and a report that says so: a CI pipeline that reads reports must not find last week's.
 */
import { resolve } from 'node:path';
import { configSchema } from '../harness/config.ts';
import { StoreError, UsageError } from '../harness/errors.ts';
import { type LoadedConfig, loadConfig } from '../harness/load-config.ts';
import { executeRun, refusal } from './execute-run.ts';
import type { RunOptions } from './options.ts';
import { demandOneFormat } from './print-result.ts';

/** @returns the exit code of `proceed`, or that of the refusal. */
export async function openConfig(
  command: string,
  options: RunOptions,
  proceed: (loaded: LoadedConfig) => Promise<number>,
  folder = process.cwd(),
): Promise<number> {
  demandOneFormat(options);
  let loaded: LoadedConfig = { config: configSchema.parse({}), projectRoot: resolve(folder) };
  try {
    // The option is a path where the command was called, whatever folder it is about.
    const explicit = options.config === undefined ? undefined : resolve(options.config);
    loaded = await loadConfig(resolve(folder), explicit);
    return await proceed(loaded);
  } catch (error) {
    if (!(error instanceof UsageError) || error instanceof StoreError) throw error;
    return executeRun({ command, loaded, stages: [refusal(error)], options });
  }
}
