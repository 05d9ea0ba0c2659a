/** Drives a companion's control port: sets moods, resets them, counts how often they struck. Used by companion-moods. */
import { ask, type Answer } from '../../harness/companions/ask.ts';
import type { ControlCall, MoodsConfig } from '../../harness/config/moods.ts';
import { readPointer } from '../../harness/json-pointer.ts';
import type { Reading } from '../../harness/observation.ts';
import { type Cell, fillCell } from './cells.ts';

export interface MoodControl {
  /** What went wrong; `undefined`: nothing did. */
  set(cell: Cell): Promise<string | undefined>;
  reset(): Promise<string | undefined>;
  /** How often the subject's mood has struck since it was set. */
  strikes(cell: Cell): Promise<Reading<number>>;
}

/** `addresses` are those of the companion's ports. */
export function createMoodControl(moods: MoodsConfig, addresses: Record<string, string>): MoodControl {
  const call = ({ method, port, path, body }: ControlCall): Promise<Answer> =>
    ask({ origin: `http://${addresses[port]}`, method, path, ...(body === undefined ? {} : { body }) });
  return {
    set: async (cell) => problemOf(await call(fillCell(moods.set, cell))),
    reset: async () => problemOf(await call(moods.reset)),
    strikes: async (cell) => {
      const { port, path, pointer } = fillCell(moods.struck, cell);
      const answer = await call({ method: 'GET', port, path });
      if (answer.kind !== 'answered') return { readable: false, reason: answer.reason };
      const count = readPointer(answer.value, pointer);
      if (typeof count === 'number') return { readable: true, value: count };
      const seen = JSON.stringify(count) ?? 'nothing';
      return { readable: false, reason: `GET ${path}: expected a number at ${pointer}, got ${seen}` };
    },
  };
}

function problemOf(answer: Answer): string | undefined {
  return answer.kind === 'answered' ? undefined : answer.reason;
}
