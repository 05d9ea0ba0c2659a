/** Reads a run back, also one that was cut off. Called by `judge` and `report`. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { configSchema, type Config } from './config.ts';
import { errorText, UsageError } from './errors.ts';
import { isAlive } from './process-identity.ts';
import { type RunEnd, type RunHeader, SCHEMA_VERSION } from './run-store.ts';
import { STAGES, type StageName, type Verdict } from './verdict.ts';

/** How far a run came: it wrote its end, its writer still lives, or its writer died without an end. */
export type RunState = 'finished' | 'running' | 'cut off';

export interface StoredRun {
  folder: string;
  header: RunHeader;
  config: Config;
  end?: RunEnd;
  state: RunState;
  verdicts: Verdict[];
  /** Files that could not be read whole: a last line cut in two, a line that is no JSON. */
  damages: string[];
}

/** @throws UsageError when the folder is no run, or one of another schema. */
export function readRun(path: string): StoredRun {
  // `runs/latest` is repointed by the next run: from here on the run is called by its own name.
  const folder = existsSync(path) ? realpathSync(path) : resolve(path);
  const header = readJson<RunHeader>(join(folder, 'run.json'), folder);
  if (header.schemaVersion !== SCHEMA_VERSION) {
    throw new UsageError(
      `${folder} has schema version ${header.schemaVersion}, this shakedown reads ${SCHEMA_VERSION}: use the version that wrote it (${header.tool.version})`,
    );
  }
  const config = configSchema.parse(readJson<unknown>(join(folder, 'config.json'), folder));
  const end = existsSync(join(folder, 'end.json'))
    ? readJson<RunEnd>(join(folder, 'end.json'), folder)
    : undefined;
  const damages: string[] = [];
  const verdicts = STAGES.flatMap((stage) => readVerdicts(folder, stage, damages));
  const state: RunState = end !== undefined ? 'finished' : isAlive(header.writer) ? 'running' : 'cut off';
  return { folder, header, config, ...(end === undefined ? {} : { end }), state, verdicts, damages };
}

function readVerdicts(folder: string, stage: StageName, damages: string[]): Verdict[] {
  const path = join(folder, 'stages', stage, 'verdicts.ndjson');
  if (!existsSync(path)) return [];
  const { values, damage } = parseLines<Verdict>(readFileSync(path, 'utf8'));
  if (damage !== undefined) damages.push(`${path}: ${damage}`);
  return values;
}

/** Parses newline-delimited JSON; what cannot be parsed is told, with its line number, and the rest is kept. */
export function parseLines<T>(text: string): { values: T[]; damage?: string } {
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  const values: T[] = [];
  let damage = rest === '' ? undefined : `the last line is cut off after ${rest.length} characters`;
  for (const [index, line] of lines.entries()) {
    try {
      values.push(JSON.parse(line) as T);
    } catch {
      damage ??= `line ${index + 1} is no JSON: ${line.slice(0, 80)}`;
    }
  }
  return damage === undefined ? { values } : { values, damage };
}

function readJson<T>(path: string, folder: string): T {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    throw new UsageError(`${folder} is not a run: ${errorText(error)}; give a folder such as runs/latest`);
  }
}
