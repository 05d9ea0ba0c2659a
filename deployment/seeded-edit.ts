/** One edit of a file that puts a fault into a copy. Called by `bad-service.ts` and `bad-deployment.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface SeededEdit {
  /** Relative to the folder of the copy. */
  file: string;
  find: string;
  replace: string;
}

/** @throws when it finds no place to strike: no test may pass because nothing was wrong. */
export function strike(kind: string, folder: string, { file, find, replace }: SeededEdit): void {
  const place = path.join(folder, file);
  const before = readFileSync(place, 'utf8');
  if (!before.includes(find))
    throw new Error(`${kind} does not strike: ${file} has no ${JSON.stringify(find)}; correct the edit`);
  writeFileSync(
    place,
    before.replace(find, () => replace),
  );
}
