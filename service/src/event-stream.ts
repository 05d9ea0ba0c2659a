/**
 * One open stream of server-sent events. It sends only what its reader takes: what a slow reader has not taken waits in
 * the outbox and not in memory, and a reader that takes nothing over two heartbeats is cut off. Made by the realtime route.
 */
import type { ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { concerns, type Events, type StoredEvent, type Watcher } from './events.ts';
import type { Viewer } from './guards.ts';

/** How long a client should wait before it connects again. */
const RETRY_MS = 2_000;
/** Read from the outbox at once. */
const PAGE = 100;
const STALLED_BEATS = 2;
/** How long the last words may take to leave. */
const END_GRACE_MS = 250;

export interface EventStreamOptions {
  response: ServerResponse;
  viewer: Viewer;
  events: Events;
  log: Logger;
}

export class EventStream implements Watcher {
  readonly #response: ServerResponse;
  readonly #viewer: Viewer;
  readonly #events: Events;
  readonly #log: Logger;
  #unwatch: (() => void) | null = null;
  #lastId = 0;
  /** Everything up to now was sent; false while the rest waits in the outbox. */
  #caughtUp = false;
  #stalledBeats = 0;

  constructor({ response, viewer, events, log }: EventStreamOptions) {
    this.#response = response;
    this.#viewer = viewer;
    this.#events = events;
    this.#log = log;
  }

  /** Begins after the event that the client saw last, or with what comes next when it saw none. Throws before it answers. */
  open(lastEventId: string | undefined): void {
    const { newestId } = this.#events.range();
    // The client left while it was asked who it is: no close comes any more.
    if (this.#response.destroyed) return;
    const seen = lastEventId ? Number(lastEventId) : newestId;
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // For nginx: what is buffered is not realtime.
      'x-accel-buffering': 'no',
      // The connection serves nothing else afterwards, so that it does not linger when the stream ends.
      connection: 'close',
    });
    this.#response.on('close', () => this.#close());
    // Written to in the moment between the client's leaving and the close.
    this.#response.on('error', (error) => this.#log.debug({ err: error }, 'the client of a stream has left'));
    this.#response.on('drain', () => this.#onDrain());
    this.#unwatch = this.#events.watch(this);
    this.#lastId = newestId;
    if (Number.isInteger(seen) && seen >= 0 && seen <= newestId) this.#lastId = seen;
    // With an id, so that a client that saw no event can go on from here, too.
    this.#response.write(`retry: ${RETRY_MS}\nid: ${this.#lastId}\n: open\n\n`);
    if (this.#lastId !== seen) this.#reset('the last event id is not one of ours');
    this.#catchUp();
  }

  get userId(): number {
    return this.#viewer.userId;
  }

  tell(event: StoredEvent): void {
    // What is not sent now is read from the outbox when the reader has taken what it was sent.
    if (!this.#caughtUp || this.#response.writableNeedDrain) this.#caughtUp = false;
    else this.#send(event);
  }

  beat(): void {
    if (Date.now() >= this.#viewer.expiresAtMs) return this.end('the token has expired; log in again');
    this.#stalledBeats = this.#response.writableNeedDrain ? this.#stalledBeats + 1 : 0;
    if (this.#stalledBeats >= STALLED_BEATS) {
      this.#log.warn({ userId: this.#viewer.userId }, 'a reader takes no events; its stream is cut off');
      this.#cutOff();
    } else if (this.#stalledBeats === 0) {
      // With the id, so that a client of few events does not fall behind what is kept.
      this.#response.write(`id: ${this.#lastId}\n: heartbeat\n\n`);
    }
  }

  end(reason: string): void {
    const response = this.#response;
    // Last words would wait behind what the reader does not take.
    if (response.writableNeedDrain) return this.#cutOff();
    this.#close();
    response.end(`retry: ${RETRY_MS}\nevent: end\ndata: ${JSON.stringify({ reason })}\n\n`);
    const grace = setTimeout(() => response.destroy(), END_GRACE_MS);
    response.once('close', () => clearTimeout(grace));
  }

  #onDrain(): void {
    this.#stalledBeats = 0;
    if (!this.#caughtUp && this.#unwatch !== null) this.#catchUp();
  }

  #catchUp(): void {
    try {
      const { oldestId, newestId } = this.#events.range();
      if (this.#lastId < oldestId - 1) {
        this.#lastId = newestId;
        this.#reset('some events are no longer kept');
      }
      let page: StoredEvent[];
      do {
        page = this.#events.since(this.#lastId, this.#viewer, PAGE);
        for (const event of page) this.#send(event);
        this.#caughtUp = page.length < PAGE;
      } while (!this.#caughtUp && !this.#response.writableNeedDrain);
      if (this.#caughtUp) this.#lastId = Math.max(this.#lastId, newestId);
    } catch (error) {
      this.#log.error({ err: error }, 'the outbox cannot be read; the stream is closed');
      this.#cutOff();
    }
  }

  #send(event: StoredEvent): void {
    if (event.id <= this.#lastId) return;
    this.#lastId = event.id;
    if (!concerns(event, this.#viewer)) return;
    this.#response.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${event.data}\n\n`);
  }

  /** Tells the client that it missed something, to read the state anew, and goes on from there. */
  #reset(reason: string): void {
    this.#response.write(`id: ${this.#lastId}\nevent: reset\ndata: ${JSON.stringify({ reason })}\n\n`);
  }

  #cutOff(): void {
    this.#close();
    this.#response.destroy();
  }

  #close(): void {
    this.#unwatch?.();
    this.#unwatch = null;
  }
}
