/**
 * Room on the disk of a run: a reserve that is given back when the disk is full, so that what has to be said about that
 * can still be written. Made by `run-store.ts`.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from './errors.ts';

export interface Room {
  /** An ordinary write. @throws RoomOver when there is no room, now or before. */
  use(write: () => void): void;
  /** A write that is worth the reserve; what does not fit even so stays unwritten. */
  last(write: () => void): void;
  /** Gives the reserve back. */
  free(): void;
}

/** There is no room for observations: what comes after is not seen. */
export class RoomOver extends Error {
  override readonly name = 'RoomOver';
}

const FILE = '.reserve';
/** Verdicts and reports of a long soak. */
const RESERVE_BYTES = 1024 * 1024;
const FULL = ['ENOSPC', 'EDQUOT'];

export function reserveRoom(folder: string): Room {
  const path = join(folder, FILE);
  let over: RoomOver | undefined;
  const free = (): void => rmSync(path, { force: true });
  try {
    // Bytes that no file system can leave out.
    writeFileSync(path, Buffer.alloc(RESERVE_BYTES, 'reserve '));
  } catch (error) {
    if (!isFull(error)) throw error;
    free();
  }
  const noteFull = (error: unknown): RoomOver => {
    free();
    over = new RoomOver(
      `the disk of ${folder} is full (${errorText(error)}): nothing was observed from then on; free room there`,
    );
    return over;
  };
  return {
    use(write) {
      if (over !== undefined) throw over;
      try {
        write();
      } catch (error) {
        if (!isFull(error)) throw error;
        throw noteFull(error);
      }
    },
    last(write) {
      try {
        write();
      } catch (error) {
        if (!isFull(error)) throw error;
        noteFull(error);
        try {
          write();
        } catch (again) {
          // It is in the reports, where there is room for those; the exit code counts it either way.
          if (!isFull(again)) throw again;
        }
      }
    },
    free,
  };
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && FULL.includes(String(error.code));
}
