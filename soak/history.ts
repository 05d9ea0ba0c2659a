/**
 * Reads what a soak left on disk, so that it can be judged: now, or long after. Called by `judge-history.ts`.
 */
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LogsConfig } from '../harness/config.ts';
import { errorText } from '../harness/errors.ts';
import type { Observation } from '../harness/observation.ts';
import { scanLog } from './log-scan.ts';
import type { LogScan } from './log-scan.ts';

/** Files of the soak's folder. */
export const OBSERVATIONS_FILE = 'observations.ndjson';
export const LOG_FILE = 'service.log';

/** A log that was scanned, or why it could not be. */
export type ScannedLog =
  { readable: true; scan: LogScan } | { readable: false; file: string; reason: string };

/** Everything judges may know. */
export interface History {
  observations: Observation[];
  logScans: ScannedLog[];
  /** What is missing or damaged, in words; empty when the history is whole. */
  damages: string[];
}

/** Reads a stage's folder. Missing and damaged files are part of the history, not errors. */
export async function readHistory(folder: string, logs: LogsConfig): Promise<History> {
  const { observations, damages } = readObservations(folder);
  return { observations, damages, logScans: [await readLog(folder, LOG_FILE, logs)] };
}

/** The observations of one file of the folder; that it cannot be read is a damage. */
export function readObservations(
  folder: string,
  file: string = OBSERVATIONS_FILE,
): Pick<History, 'observations' | 'damages'> {
  let text: string;
  try {
    text = readFileSync(join(folder, file), 'utf8');
  } catch (error) {
    return { observations: [], damages: [`${file} cannot be read (${errorText(error)})`] };
  }
  return parseObservations(text, file);
}

/** Parses a file of observations. A last line without an end is cut off; any other line that is no observation is damage. */
export function parseObservations(
  text: string,
  file: string = OBSERVATIONS_FILE,
): Pick<History, 'observations' | 'damages'> {
  const observations: Observation[] = [];
  const damages: string[] = [];
  const lines = text.split('\n');
  const last = lines.pop();
  if (last !== undefined && last !== '')
    damages.push(`${file} ends in the middle of line ${lines.length + 1}`);
  for (const [index, line] of lines.entries()) {
    const observation = parseLine(line);
    if (observation === undefined) damages.push(`${file} line ${index + 1} is no observation`);
    else observations.push(observation);
  }
  return { observations, damages };
}

function parseLine(line: string): Observation | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObservation(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObservation(value: unknown): value is Observation {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    typeof value.kind === 'string' &&
    'at' in value
  );
}

/** Scans one log of the folder. */
export async function readLog(folder: string, file: string, logs: LogsConfig): Promise<ScannedLog> {
  const path = join(folder, file);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    return { readable: false, file, reason: 'it does not exist: nothing was ever written to it' };
  }
  const chunks = createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
  return { readable: true, scan: await scanLog(file, chunks, logs) };
}
