/**
 * The run store: one folder per invocation, written as the run goes, so that a run that was cut off can be read.
 * `run.json` is written at the start, `end.json` at the end; a run without `end.json` was cut off or still runs.
 * Created by `gate/`; read back by `judge` and `report`.
 *
 * A disk that fills up ends the stage that notices it. A reserve, made when the run begins, then gives room for what has
 * to be said about that: verdicts, reports and the end. Nothing else is written from then on.
 */
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import type { Mask } from './mask.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { reserveRoom, type Room } from './run-room.ts';
import type { StageFiles } from './stage.ts';
import { type Counts, type Outcome, STAGES, type StageName, type Verdict } from './verdict.ts';

export const SCHEMA_VERSION = 1;

/** What is known when a run starts. */
export interface RunHeader {
  schemaVersion: typeof SCHEMA_VERSION;
  runId: string;
  command: string;
  argv: string[];
  /** ISO 8601, UTC. */
  startedAt: string;
  seed: number;
  tool: { name: string; version: string };
  projectRoot: string;
  configFile?: string;
  git?: { commit: string; dirty: boolean };
  /** The Node that runs the harness. */
  node: { version: string; path: string };
  host: { name: string; platform: string; release: string; arch: string; cpus: number; memoryBytes: number };
  /** Which process writes the run, so that a reader can tell "still running" from "cut off". */
  writer: ProcessIdentity;
}

/** How a stage came out, with what the gate has to say about the stage as a whole. */
export interface StageEnd {
  name: StageName;
  outcome: Outcome;
  counts: Counts;
  durationMs: number;
  /** Why the outcome is not simply that of the verdicts: a crash, an interruption, a promise not kept. */
  reason?: string;
}

/** What is known when a run ends. */
export interface RunEnd {
  endedAt: string;
  durationMs: number;
  outcome: Outcome;
  exitCode: number;
  stages: StageEnd[];
  /** The signal or the deadline that ended the run early. */
  interruptedBy?: string;
  problems: string[];
}

/** A run that is being written. */
export interface Run {
  readonly folder: string;
  readonly header: RunHeader;
  stageFiles(stage: StageName): StageFiles;
  /** Writes a verdict down and returns it as it was written: without secrets. */
  recordVerdict(verdict: Verdict): Verdict;
  finish(end: RunEnd): void;
}

/** `20261123T042648Z-gate`, with `-2` and so on when the second is taken. */
export function createRun(
  runsFolder: string,
  header: Omit<RunHeader, 'runId'>,
  config: Config,
  mask: Mask,
): Run {
  mkdirSync(runsFolder, { recursive: true });
  ignoreInGit(runsFolder);
  const runId = claimFolder(runsFolder, `${header.startedAt.replace(/[-:]|\.\d+/g, '')}-${header.command}`);
  const folder = join(runsFolder, runId);
  const room = reserveRoom(folder);
  const complete: RunHeader = mask.json({ ...header, runId }) as RunHeader;
  writeAtomically(join(folder, 'run.json'), `${JSON.stringify(complete, null, 2)}\n`);
  writeAtomically(join(folder, 'config.json'), `${JSON.stringify(mask.json(config), null, 2)}\n`);
  pointLatest(runsFolder, runId);
  return {
    folder,
    header: complete,
    stageFiles: (stage) => stageFiles(folder, stage, mask, room),
    recordVerdict: (verdict) => {
      const masked = mask.json(verdict) as Verdict;
      const path = join(stageFolder(folder, verdict.stage), 'verdicts.ndjson');
      room.last(() => appendFileSync(path, `${JSON.stringify(masked)}\n`));
      return masked;
    },
    finish: (end) => {
      room.free();
      writeAtomically(join(folder, 'end.json'), `${JSON.stringify(mask.json(end), null, 2)}\n`);
    },
  };
}

/** Removes the oldest runs beyond `keep`. Never the one that is being written. Returns what was removed. */
export function pruneRuns(runsFolder: string, keep: number, current: string): string[] {
  const runs = readdirSync(runsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^\d{8}T\d{6}Z-/.test(entry.name) && entry.name !== current)
    .map((entry) => entry.name)
    .sort();
  const surplus = runs.slice(0, Math.max(0, runs.length - (keep - 1)));
  for (const name of surplus) rmSync(join(runsFolder, name), { recursive: true, force: true });
  return surplus;
}

/** Writes beside the target and renames: a reader sees the old file or the new one, never half of one. */
export function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

function stageFiles(runFolder: string, stage: StageName, mask: Mask, room: Room): StageFiles {
  const folder = stageFolder(runFolder, stage);
  const put = (file: string, write: (path: string) => void): void =>
    room.use(() => write(join(folder, file)));
  return {
    folder,
    evidence: (file) => ['stages', stage, file].join('/'),
    appendLine: (file, value) =>
      put(file, (path) => appendFileSync(path, `${JSON.stringify(mask.json(value))}\n`)),
    appendText: (file, text) => put(file, (path) => appendFileSync(path, mask.text(text))),
    write: (file, text) => put(file, (path) => writeAtomically(path, mask.text(text))),
  };
}

function stageFolder(runFolder: string, stage: StageName): string {
  const folder = join(runFolder, 'stages', stage);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function claimFolder(runsFolder: string, base: string): string {
  for (let attempt = 1; attempt <= 100; attempt += 1) {
    const name = attempt === 1 ? base : `${base}-${attempt}`;
    try {
      mkdirSync(join(runsFolder, name));
      for (const stage of STAGES) mkdirSync(join(runsFolder, name, 'stages', stage), { recursive: true });
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new Error(`no free run folder for ${base} in ${runsFolder} after 100 attempts`);
}

/** `latest` leads to the run whose answer was the last to be given. */
export function pointLatest(runsFolder: string, runId: string): void {
  const temporary = join(runsFolder, `.latest-${process.pid}`);
  rmSync(temporary, { force: true });
  symlinkSync(runId, temporary);
  renameSync(temporary, join(runsFolder, 'latest'));
}

/** Keeps a folder out of the user's repository without a line in its own .gitignore. */
export function ignoreInGit(folder: string): void {
  try {
    writeFileSync(join(folder, '.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
