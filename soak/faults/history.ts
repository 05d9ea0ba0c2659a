/** Reads what a fault scenario left on disk. Called by `judge-faults.ts`. */
import type { LogsConfig } from '../../harness/config.ts';
import { readLog, readObservations, type History, type ScannedLog } from '../history.ts';

/** In the stage's folder: a record and a log for each scenario. */
export const FAULTS_FOLDER = 'scenarios';
export const recordOf = (scenario: string): string => `${FAULTS_FOLDER}/${scenario}.ndjson`;
export const logOf = (scenario: string): string => `${FAULTS_FOLDER}/${scenario}.log`;

export interface FaultHistory extends Pick<History, 'observations' | 'damages'> {
  log: ScannedLog;
}

/** Missing and damaged files are part of the history, not errors. */
export async function readFaultHistory(
  folder: string,
  scenario: string,
  logs: LogsConfig,
): Promise<FaultHistory> {
  return {
    ...readObservations(folder, recordOf(scenario)),
    log: await readLog(folder, logOf(scenario), logs),
  };
}
