/** What is mounted where, as a process of this host sees it. */
import { readFileSync } from 'node:fs';

/** What is mounted at a folder or below. */
export function mountsBelow(folder: string, process: number | 'self' = 'self'): string[] {
  return readFileSync(`/proc/${process}/mountinfo`, 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((mount) => mount === folder || mount.startsWith(`${folder}/`));
}
