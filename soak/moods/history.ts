/** Reads what the scenario companion-moods left on disk. Called by `judge-moods.ts`. */
import type { LogsConfig } from '../../harness/config.ts';
import type { Observation } from '../../harness/observation.ts';
import { readLog, readObservations, type ScannedLog } from '../history.ts';
import { type Cell, cellLog } from './cells.ts';

/** In the stage's folder, beside a log for each cell. */
export const MOODS_FILE = 'moods.ndjson';

/** One cell's part of the history. */
export interface CellHistory {
  cell: Cell;
  observations: Observation[];
  log: ScannedLog;
}

/** What the judges of companion-moods may know. */
export interface MoodHistory {
  /** Of the scenario as a whole, and of every cell. */
  observations: Observation[];
  /** The cells of the configuration, in order, also those that were not reached. */
  cells: CellHistory[];
  damages: string[];
}

/** Missing and damaged files are part of the history, not errors. */
export async function readMoodHistory(
  folder: string,
  cells: readonly Cell[],
  logs: LogsConfig,
): Promise<MoodHistory> {
  const { observations, damages } = readObservations(folder, MOODS_FILE);
  const histories: CellHistory[] = [];
  for (const cell of cells) {
    const own = observations.filter((one) => 'cycle' in one && one.cycle === cell.cycle);
    histories.push({ cell, observations: own, log: await readLog(folder, cellLog(cell), logs) });
  }
  return { observations, cells: histories, damages };
}
