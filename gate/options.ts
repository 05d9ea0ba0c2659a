/** Options as commander hands them to the commands. */

/** Options that every command that reports understands. */
export interface OutputOptions {
  /** JSON summary on standard output. */
  json?: boolean;
  /** TAP on standard output. */
  tap?: boolean;
  /** One line for each finding on standard output. */
  format?: 'unix';
  /** Workflow commands on standard error; by themselves where GitHub runs the command. */
  annotations?: 'github' | 'none';
  /** Findings and the result only; nothing when all is well. */
  quiet?: boolean;
  /** Where a copy of the SARIF report goes, relative to where the command was called. */
  sarif?: string;
  /** Folder that gets a copy of all reports. */
  output?: string;
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
