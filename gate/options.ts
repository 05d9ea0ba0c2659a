/** Options as commander hands them to the commands. */
import type { OutputOptions } from './execute-run.ts';

/** What every command with a configuration understands. */
export interface ConfigOptions extends OutputOptions {
  config?: string;
}

/** What every command that produces a run understands. */
export interface RunOptions extends ConfigOptions {
  seed?: number;
}
