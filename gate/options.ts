/** Options as commander hands them to the commands. */

/** Options that every command that reports understands. */
export interface OutputOptions {
  /** JSON summary on standard output. */
  json?: boolean;
  /** TAP on standard output. */
  tap?: boolean;
}

/** What every command with a configuration understands. */
export interface ConfigOptions extends OutputOptions {
  config?: string;
}

/** What every command that produces a run understands. */
export interface RunOptions extends ConfigOptions {
  seed?: number;
  /** Folder of the runs, relative to where the command was called. */
  runs?: string;
}
