/**
 * Parses journalctl's export format as it comes: text fields, binary fields, fields of any size, cut anywhere.
 * Used by `read-journal.ts`. https://systemd.io/JOURNAL_EXPORT_FORMATS/
 */
import { isAscii } from 'node:buffer';
import { MAX_VALUE_BYTES } from './entry.ts';
import type { JournalEntry, JournalFields } from './entry.ts';

const LENGTH_BYTES = 8;
const CURSOR = '__CURSOR';
const NOT_ASCII = /[\x80-\xff]/;

/** What is being read: a line; the length of a binary field; its bytes; the rest of a line that is too long. */
type State =
  | { reading: 'line' }
  | { reading: 'length'; name: string }
  | { reading: 'bytes'; name: string; left: number; value: string }
  | { reading: 'long-line' };

/** One stream of entries. Bytes are held as Latin-1 text, one character each: searching it is what costs time. */
export class ExportParser {
  readonly #take: (entry: JournalEntry) => void;
  /** The wanted names by their length: what is not wanted is known without a copy of its name. */
  readonly #wanted: string[][] = [];
  #rest = '';
  /** Whether the text at hand is ASCII alone: most often it is, and nothing needs decoding. */
  #plain = true;
  #state: State = { reading: 'line' };
  #fields = new Fields();

  /** @param wanted names of the fields that are kept; the cursor always is. */
  constructor(wanted: readonly string[], take: (entry: JournalEntry) => void) {
    for (const name of new Set([CURSOR, ...wanted])) (this.#wanted[name.length] ??= []).push(name);
    this.#take = take;
  }

  /** @throws Error when this is not the export format. */
  push(chunk: Buffer): void {
    const text = this.#rest === '' ? chunk.toString('latin1') : this.#rest + chunk.toString('latin1');
    this.#plain = isAscii(chunk) && (this.#plain || !NOT_ASCII.test(this.#rest));
    let position = 0;
    for (let next = this.#step(text, position); next >= 0; next = this.#step(text, position)) position = next;
    this.#rest = position === 0 ? text : text.slice(position);
  }

  /** Whether the stream ended within an entry. A last entry may lack its empty line: then it is given now. */
  end(): { truncated: boolean } {
    const whole = this.#rest === '' && this.#state.reading === 'line';
    if (whole && this.#fields.size > 0) this.#finishEntry();
    return { truncated: !whole };
  }

  /** Takes one thing from `position` on; where to go on, or -1 when more must come first. */
  #step(text: string, position: number): number {
    switch (this.#state.reading) {
      case 'line':
        return this.#line(text, position);
      case 'length':
        return this.#length(text, position, this.#state.name);
      case 'bytes':
        return this.#bytes(text, position, this.#state);
      case 'long-line':
        return this.#longLine(text, position);
    }
  }

  #line(text: string, position: number): number {
    const end = text.indexOf('\n', position);
    if (end < 0)
      return text.length - position > MAX_VALUE_BYTES * 2 ? this.#beginLongLine(text, position) : -1;
    if (end === position) {
      this.#finishEntry();
      return end + 1;
    }
    const equals = text.indexOf('=', position);
    if (equals < 0 || equals > end) this.#state = { reading: 'length', name: text.slice(position, end) };
    else this.#keep(this.#wantedAt(text, position, equals), text, equals + 1, end);
    return end + 1;
  }

  #beginLongLine(text: string, position: number): number {
    const equals = text.indexOf('=', position);
    if (equals < 0) throw new Error('a line of the journal has no end and no field');
    this.#keep(this.#wantedAt(text, position, equals), text, equals + 1, text.length);
    this.#state = { reading: 'long-line' };
    return text.length;
  }

  #longLine(text: string, position: number): number {
    if (position >= text.length) return -1;
    const end = text.indexOf('\n', position);
    if (end < 0) return text.length;
    this.#state = { reading: 'line' };
    return end + 1;
  }

  #length(text: string, position: number, name: string): number {
    if (text.length - position < LENGTH_BYTES) return -1;
    let left = 0;
    for (let at = LENGTH_BYTES - 1; at >= 0; at -= 1) left = left * 256 + text.charCodeAt(position + at);
    if (!Number.isSafeInteger(left))
      throw new Error(`the field ${name.slice(0, 64)} says that it is ${left} bytes long`);
    this.#state = { reading: 'bytes', name, left, value: '' };
    return position + LENGTH_BYTES;
  }

  #bytes(text: string, position: number, state: Extract<State, { reading: 'bytes' }>): number {
    const here = Math.min(state.left, text.length - position);
    const name = this.#wantedAt(state.name, 0, state.name.length);
    if (state.value.length < MAX_VALUE_BYTES && name !== undefined)
      state.value += text.slice(position, position + Math.min(here, MAX_VALUE_BYTES - state.value.length));
    state.left -= here;
    const end = position + here;
    // The line end after the bytes must have come too.
    if (state.left > 0 || end >= text.length) return here > 0 ? end : -1;
    if (text[end] !== '\n') throw new Error(`the binary field ${state.name.slice(0, 64)} has no end`);
    // Its bytes may have come with several chunks.
    this.#plain &&= !NOT_ASCII.test(state.value);
    this.#keep(name, state.value, 0, state.value.length);
    this.#state = { reading: 'line' };
    return end + 1;
  }

  /** The wanted field whose name is there. */
  #wantedAt(text: string, position: number, end: number): string | undefined {
    const names = this.#wanted[end - position];
    if (names !== undefined) for (const name of names) if (text.startsWith(name, position)) return name;
    return undefined;
  }

  #keep(name: string | undefined, text: string, start: number, end: number): void {
    // Of a field that is there twice the first counts: that is the one journald itself put there.
    if (name === undefined || this.#fields.has(name)) return;
    const value = text.slice(start, Math.min(end, start + MAX_VALUE_BYTES));
    const isText = this.#plain || !NOT_ASCII.test(value);
    this.#fields.put(name, isText ? value : Buffer.from(value, 'latin1').toString('utf8'));
  }

  #finishEntry(): void {
    const fields = this.#fields;
    if (fields.size === 0) return;
    this.#fields = new Fields();
    const cursor = fields.get(CURSOR) ?? '';
    const [, seqnumId, seqnum] = /^s=([0-9a-f]+);i=([0-9a-f]+);/.exec(cursor) ?? [];
    if (seqnumId === undefined || seqnum === undefined)
      throw new Error(`an entry of the journal has no cursor that can be read: "${cursor.slice(0, 80)}"`);
    this.#take({ cursor, seqnumId, seqnum: Number.parseInt(seqnum, 16), fields });
  }
}

/** A dozen fields at most: to look through them takes less time than to build a map for every entry. */
class Fields implements JournalFields {
  readonly #names: string[] = [];
  readonly #values: string[] = [];

  get size(): number {
    return this.#names.length;
  }

  get(name: string): string | undefined {
    const at = this.#names.indexOf(name);
    return at < 0 ? undefined : this.#values[at];
  }

  has(name: string): boolean {
    return this.#names.includes(name);
  }

  put(name: string, value: string): void {
    this.#names.push(name);
    this.#values.push(value);
  }
}
