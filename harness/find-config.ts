/** Where a configuration is looked for. Used when one is loaded, and by whoever must know that there is none. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const FILE_NAMES = [
  'shakedown.config.ts',
  'shakedown.config.mts',
  'shakedown.config.js',
  'shakedown.config.mjs',
];

/** The first of the usual names in a folder. */
export function findConfig(folder: string): string | undefined {
  return FILE_NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
}
