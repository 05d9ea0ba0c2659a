/**
 * The file that a service's output is appended to, read back by whole lines into the run's log.
 * The service writes to a plain file, never to a pipe of the harness: a slow reader cannot hold it up, and a
 * reader that is gone cannot kill it. Owned by the process supervisor.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { errorText } from '../errors.ts';
import type { LogSlice } from './supervisor.ts';

/** Longer lines are cut: a line is evidence, not a data channel. */
const MAX_LINE_BYTES = 64 * 1024;
const CHUNK_BYTES = 256 * 1024;
const MAX_SLICE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
const CUT_MARK = ' [shakedown: line cut at 64 KiB]';

/** Owns three descriptors of one file; {@link RawLog.close} gives them back. */
export class RawLog {
  readonly path: string;
  /** For the standard output and error of the service. Appends, so that writers never overwrite each other. */
  readonly appendDescriptor: number;
  readonly #reader: number;
  readonly #deliver: (wholeLines: string) => void;
  #offset = 0;
  #rest: Buffer = Buffer.alloc(0);
  #skipping = false;
  #closed = false;
  #failure: Error | undefined;

  constructor(path: string, deliver: (wholeLines: string) => void) {
    this.path = path;
    this.appendDescriptor = openSync(path, 'a', 0o600);
    this.#reader = openSync(path, 'r');
    this.#deliver = deliver;
  }

  /** Why lines could not be passed on; from then on none is. Lines are read by a timer, where nobody could catch it. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Where the next line that is written will begin, as far as it has been read. */
  get offset(): number {
    return this.#offset;
  }

  /** Reads what has been written since the last call and passes whole lines on. Returns how many bytes were read. */
  pump(): number {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let total = 0;
    for (let read = this.#read(chunk); read > 0; read = this.#read(chunk)) {
      total += read;
      this.#take(chunk.subarray(0, read));
    }
    return total;
  }

  /** Reads to the end; a last line without a line end is passed on as a line of its own. */
  drain(): void {
    this.pump();
    if (this.#rest.length > 0) this.#handOver(`${this.#rest.toString('utf8')}\n`);
    this.#rest = Buffer.alloc(0);
    this.#skipping = false;
  }

  /** Whole lines from a position on, without moving anything. A last line without an end waits for its end. */
  slice(cursor: number): LogSlice {
    const buffer = Buffer.allocUnsafe(MAX_SLICE_BYTES);
    const read = this.#closed ? 0 : readSync(this.#reader, buffer, 0, buffer.length, cursor);
    const text = buffer.subarray(0, read);
    const end = text.lastIndexOf(NEWLINE);
    if (end < 0) {
      // One line longer than a slice: passed over, or a reader would stand still for ever.
      return { lines: [], cursor: read === buffer.length ? cursor + read : cursor };
    }
    return { lines: text.subarray(0, end).toString('utf8').split('\n'), cursor: cursor + end + 1 };
  }

  /** Appends a line as the service would: through a descriptor of the same file, in one write. */
  append(line: string): void {
    writeSync(this.appendDescriptor, `${line}\n`);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.appendDescriptor);
    closeSync(this.#reader);
  }

  #handOver(wholeLines: string): void {
    if (this.#failure !== undefined) return;
    try {
      this.#deliver(wholeLines);
    } catch (error) {
      this.#failure = new Error(`the service's output could not be written to the run: ${errorText(error)}`, {
        cause: error,
      });
    }
  }

  #read(chunk: Buffer): number {
    if (this.#closed) return 0;
    const read = readSync(this.#reader, chunk, 0, chunk.length, this.#offset);
    this.#offset += read;
    return read;
  }

  #take(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const end = all.lastIndexOf(NEWLINE) + 1;
    if (end > 0) this.#passOn(all.subarray(0, end));
    const rest = all.subarray(end);
    if (rest.length > MAX_LINE_BYTES && !this.#skipping) {
      this.#handOver(`${rest.subarray(0, MAX_LINE_BYTES).toString('utf8')}${CUT_MARK}\n`);
      this.#skipping = true;
    }
    this.#rest = this.#skipping ? Buffer.alloc(0) : Buffer.from(rest);
  }

  #passOn(wholeLines: Buffer): void {
    let start = 0;
    if (this.#skipping) {
      start = wholeLines.indexOf(NEWLINE) + 1;
      this.#skipping = false;
    }
    const lines = wholeLines.subarray(start);
    if (lines.length === 0) return;
    // No line can be too long where all of them together are not.
    this.#handOver(lines.length <= MAX_LINE_BYTES ? lines.toString('utf8') : cutLongLines(lines));
  }
}

function cutLongLines(lines: Buffer): string {
  let text = '';
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf(NEWLINE, start);
    const line = lines.subarray(start, end);
    text +=
      line.length > MAX_LINE_BYTES
        ? `${line.subarray(0, MAX_LINE_BYTES).toString('utf8')}${CUT_MARK}\n`
        : `${line.toString('utf8')}\n`;
    start = end + 1;
  }
  return text;
}
