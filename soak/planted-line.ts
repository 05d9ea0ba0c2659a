/**
 * The forbidden line that the harness plants in every life of a service and must find again: proof that the path
 * from the service's output to the scan is whole. Written by scenarios, taken out of the log by `log-scan.ts`.
 */
import { randomBytes } from 'node:crypto';
import { LOG_CATALOGUE } from '../harness/log-catalogue.ts';

/** Begins a planted text; letters and hyphens only, since it stands in a regular expression. */
export const PLANT_PREFIX = 'shakedown-planted-';
const PLANT = /shakedown-planted-([0-9a-f]{16}) \[([\w-]+)\] (.*?) shakedown-end/g;

/** A planted line that was found. `line` counts from 1. */
export interface FoundPlant {
  word: string;
  pattern: string;
  line: number;
}

/** A new planted line; cycle by cycle it goes through the catalogue, so that each pattern is proved to be found. */
export function createPlant(cycle: number): { word: string; pattern: string; line: string } {
  const entry = LOG_CATALOGUE[(cycle - 1) % LOG_CATALOGUE.length];
  if (entry === undefined) throw new Error('the log catalogue is empty');
  const word = randomBytes(8).toString('hex');
  return {
    word,
    pattern: entry.id,
    line: `${PLANT_PREFIX}${word} [${entry.id}] ${entry.example} shakedown-end`,
  };
}

/** Takes planted texts out of a line; a line of the service that was written at the same moment stays. */
export function takePlants(line: string): {
  plants: { word: string; pattern: string; text: string }[];
  rest: string;
} {
  if (!line.includes(PLANT_PREFIX)) return { plants: [], rest: line };
  const plants = [...line.matchAll(PLANT)].map(([, word = '', pattern = '', text = '']) => ({
    word,
    pattern,
    text,
  }));
  return { plants, rest: line.replace(PLANT, '') };
}
