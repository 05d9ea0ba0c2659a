/**
 * Makes lines of entries again as the service wrote them: journald cuts a long line of standard output into several
 * entries, and an entry may hold several lines. Used by the systemd supervisor.
 */
import { MAX_VALUE_BYTES } from './entry.ts';
import type { JournalEntry } from './entry.ts';

const CUT_MARK = ' [shakedown: line cut at 64 KiB]';

export class LineJoiner {
  /** Beginnings of lines, by the stream they came on. */
  readonly #begun = new Map<string, string>();

  /** The lines that end with this entry. */
  linesOf({ fields }: JournalEntry): string[] {
    const message = fields.get('MESSAGE') ?? '';
    const stream = fields.get('_STREAM_ID') ?? '';
    const text = (this.#begun.get(stream) ?? '') + message;
    if (fields.get('_LINE_BREAK') === 'line-max') {
      this.#begun.set(stream, text.slice(0, MAX_VALUE_BYTES));
      return [];
    }
    this.#begun.delete(stream);
    return text.split('\n').map(cut);
  }

  /** Beginnings whose end never came. */
  rest(): string[] {
    const left = [...this.#begun.values()].map(cut);
    this.#begun.clear();
    return left;
  }
}

function cut(line: string): string {
  return line.length < MAX_VALUE_BYTES ? line : `${line.slice(0, MAX_VALUE_BYTES)}${CUT_MARK}`;
}
