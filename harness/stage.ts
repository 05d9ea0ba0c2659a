/**
 * The contract between the gate and the stages: what a stage is given and what it owes.
 * Implemented by `checks/source`, `checks/routes`, `soak`, and by the gate's own preflight.
 */
import type { CompanionAddresses } from './companions/placeholders.ts';
import type { Config } from './config.ts';
import type { LifecycleMember } from './lifecycle-members.ts';
import type { StageName, Verdict } from './verdict.ts';

/** Where a stage writes. Everything passes the secret mask; nothing is kept in memory only. */
export interface StageFiles {
  /** Folder of the stage in the run. */
  readonly folder: string;
  /** `stages/soak/observations.ndjson`: how a verdict's evidence names a file of this stage. */
  evidence(file: string): string;
  /** Appends one JSON line, at once. */
  appendLine(file: string, value: object): void;
  /** Appends text; the caller passes whole lines, so that no secret is cut in two. */
  appendText(file: string, text: string): void;
  /** Replaces a file atomically. */
  write(file: string, text: string): void;
}

/** Progress for a person, on standard error: never part of a result. */
export interface Progress {
  /** A line that stays. */
  note(text: string): void;
  /** A state that the next one replaces on a terminal; nothing without one. */
  status(text: string): void;
}

export interface StageContext {
  /** For the stages that run the service: with the addresses of the companions filled in. */
  config: Config;
  /** Folder of the configuration file (or where the command was called); relative paths in the configuration start here. */
  projectRoot: string;
  files: StageFiles;
  progress: Progress;
  /** Aborted by Ctrl-C, SIGTERM and the gate's deadline: the stage ends what it started and returns. */
  signal: AbortSignal;
  /** Seed for whatever the stage does at random; recorded in the run. */
  seed: number;
  /** Random word that every process started for this run carries in its environment. */
  runMark: string;
  /** The environment a service starts from: PATH as it was before npm put this project's programs first. */
  serviceEnvironment: Record<string, string>;
  /** Where the running companions listen, by name and port; absent where none runs. */
  companions?: CompanionAddresses;
  /** The starts and stops that the source shows, found when it is asked; absent: nobody looks into the source. */
  lifecycleMembers?: () => Promise<readonly LifecycleMember[]>;
  /** Masks this value from now on in everything that is written: for secrets made while running. */
  conceal(value: string): void;
  /** Takes a verdict: written to the run at once. */
  verdict(verdict: Verdict): void;
}

/** What a stage promises before it starts: each of these checks must end in at least one verdict. */
export interface StagePlan {
  checks: string[];
}

export interface Stage {
  readonly name: StageName;
  /** Which checks this configuration asks for; pure. */
  plan(config: Config): StagePlan;
  /** Runs the stage. A throw is a crash of the stage: `unknown`. Must leave nothing running, also when it throws. */
  run(context: StageContext): Promise<void>;
}

/** The variable that carries {@link StageContext.runMark}. */
export const RUN_MARK_VARIABLE = 'SHAKEDOWN_RUN_MARK';
