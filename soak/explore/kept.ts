/** The schedules that a project keeps as regression cases: files in its folder `soak-schedules`. Called by the gate. */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

export const KEPT_FOLDER = 'soak-schedules';

/** Paths of the files, in order; none where there is no folder. */
export function keptSchedules(projectRoot: string): string[] {
  const folder = join(projectRoot, KEPT_FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(folder, name));
}

/** Copies a schedule into the project. @returns where it is now. */
export function keepSchedule(file: string, projectRoot: string): string {
  const folder = join(projectRoot, KEPT_FOLDER);
  mkdirSync(folder, { recursive: true });
  const kept = join(folder, basename(file));
  if (kept !== file) copyFileSync(file, kept);
  return kept;
}
