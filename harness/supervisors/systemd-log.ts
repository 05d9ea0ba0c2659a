/**
 * A unit's log, taken from the journal into a file that is read like that of a spawned service: what the service said
 * as it said it, what systemd said about it with `systemd: ` before it. Owned by the systemd supervisor.
 */
import { speakerOf } from '../journal/entry.ts';
import type { UnitIdentity } from '../journal/entry.ts';
import { LineJoiner } from '../journal/line-joiner.ts';
import { endOfJournal, readJournal } from '../journal/read-journal.ts';
import { errorText } from '../errors.ts';
import type { Transport } from '../transport/transport.ts';
import { RawLog } from './raw-log.ts';
import type { LogReading } from './supervisor.ts';

/** Begins a line that systemd wrote about the unit. */
export const MANAGER_PREFIX = 'systemd: ';

export class UnitLog {
  readonly raw: RawLog;
  readonly #transport: Transport;
  readonly #identity: UnitIdentity & { pids: Set<string>; invocationIds: Set<string> };
  readonly #joiner = new LineJoiner();
  #cursor: string;
  #since: LogReading = { entries: 0, serviceLines: 0, missing: [] };
  #reading: Promise<void> = Promise.resolve();

  private constructor(transport: Transport, unit: string, cursor: string, raw: RawLog) {
    this.#transport = transport;
    this.#identity = { unit, pids: new Set(), invocationIds: new Set() };
    this.#cursor = cursor;
    this.raw = raw;
  }

  /** Begins at the end of the journal as it is now. @throws Error when that cannot be read. */
  static async open(
    transport: Transport,
    unit: string,
    path: string,
    deliver: (wholeLines: string) => void,
  ): Promise<UnitLog> {
    const cursor = await endOfJournal(transport);
    return new UnitLog(transport, unit, cursor, new RawLog(path, deliver));
  }

  /** Names a life: its lines are known by it even where they lack the unit. */
  know(pid: number, invocationId: string): void {
    if (pid > 0) this.#identity.pids.add(String(pid));
    if (invocationId !== '') this.#identity.invocationIds.add(invocationId);
  }

  /** Notes why lines may be missing that the journal never had. */
  noteMissing(reason: string): void {
    this.#since.missing.push(reason);
  }

  /** Reads the journal to its end as it is now. One at a time; never rejects: what is missing is noted. */
  read(signal?: AbortSignal): Promise<void> {
    this.#reading = this.#reading
      .then(() => this.#readOn(signal))
      .catch((error: unknown) => {
        this.noteMissing(`the journal could not be read on: ${errorText(error)}`);
      });
    return this.#reading;
  }

  /** What was read since the last call. */
  takeReading(): LogReading {
    const reading = this.#since;
    this.#since = { entries: 0, serviceLines: 0, missing: [] };
    return reading;
  }

  async #readOn(signal: AbortSignal | undefined): Promise<void> {
    let lines: string[] = [];
    const flush = (): void => {
      if (lines.length > 0) this.raw.append(lines.join('\n'));
      lines = [];
    };
    const request = { transport: this.#transport, after: this.#cursor, unit: this.#identity.unit, signal };
    const reading = await readJournal(request, (entry) => {
      const speaker = speakerOf(entry, this.#identity);
      if (speaker === undefined) return;
      const whole = this.#joiner.linesOf(entry);
      if (speaker === 'service') this.#since.serviceLines += whole.length;
      lines.push(...(speaker === 'service' ? whole : whole.map((line) => MANAGER_PREFIX + line)));
      if (lines.length > 1_000) flush();
    });
    flush();
    this.#cursor = reading.cursor;
    this.#since.entries += reading.entries;
    this.#since.missing.push(...reading.missing);
    this.raw.pump();
  }
}
