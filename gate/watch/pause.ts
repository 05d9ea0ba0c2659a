/** An announced restart: `shakedown watch pause --for 5m --reason deploy` says so beforehand. A file in the watch's folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../../harness/run-store.ts';

interface Pause {
  from: string;
  until: string;
  reason: string;
}

const FILE = 'pause.json';

export function announcePause(folder: string, ms: number, reason: string, now: Date): Pause {
  const pause = { from: now.toISOString(), until: new Date(now.getTime() + ms).toISOString(), reason };
  writeAtomically(join(folder, FILE), `${JSON.stringify(pause)}\n`);
  return pause;
}

/** The pause that holds now; undefined: none does. */
export function pauseNow(folder: string, now: Date): Pause | undefined {
  return pauseBetween(folder, now, now);
}

/** The pause that held at some time between two looks. One that cannot be read holds nothing back. */
export function pauseBetween(folder: string, since: Date, now: Date): Pause | undefined {
  const path = join(folder, FILE);
  if (!existsSync(path)) return undefined;
  try {
    const pause = JSON.parse(readFileSync(path, 'utf8')) as Pause;
    return Date.parse(pause.from) <= now.getTime() && since.getTime() < Date.parse(pause.until)
      ? pause
      : undefined;
  } catch {
    return undefined;
  }
}
