/**
 * A TCP proxy between the service and what it depends on, which can be made to misbehave: late, silent, resetting,
 * refusing, slow. It counts what each fault has struck. Used by the scenarios of the group `dependencies`.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { resetConnection } from './reset-connection.ts';

/** What the proxy does to connections, those that are open and those that come. */
export const TROUBLES = [
  'none',
  'late',
  'silent',
  'resetting',
  'refusing',
  'trickling',
  'half-open',
] as const;
export type Trouble = (typeof TROUBLES)[number];

export interface Proxy {
  readonly port: number;
  /** From now on; connections that are open get it, too. */
  set(trouble: Trouble): void;
  /** How often the trouble has struck since it was set: connections and chunks that met it. */
  strikes(): number;
  close(): Promise<void>;
}

const LATE_MS = 1_500;
const TRICKLE_BYTES = 64;
const TRICKLE_EVERY_MS = 50;

/** A proxy on a free port of `host` for the program at `target`. */
export async function openProxy(target: { host: string; port: number }, host = '127.0.0.1'): Promise<Proxy> {
  const state: { trouble: Trouble; strikes: number } = { trouble: 'none', strikes: 0 };
  const pairs = new Set<Pair>();
  const server = createServer({ allowHalfOpen: true }, (client) => accept(client));
  const accept = (client: Socket): void => {
    if (state.trouble === 'refusing' || state.trouble === 'resetting') {
      state.strikes += 1;
      client.on('error', ignore);
      resetConnection(client);
      return;
    }
    const pair = new Pair(client, connect({ ...target, allowHalfOpen: true }), state);
    pairs.add(pair);
    client.once('close', () => pairs.delete(pair));
  };
  await listen(server, 0, host);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    set(trouble) {
      state.trouble = trouble;
      state.strikes = 0;
      if (trouble !== 'resetting' && trouble !== 'refusing') return;
      for (const pair of pairs) {
        state.strikes += 1;
        pair.reset();
      }
    },
    strikes: () => state.strikes,
    close: async () => {
      for (const pair of pairs) pair.reset();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Owns the two sockets of one connection. */
class Pair {
  readonly #client: Socket;
  readonly #target: Socket;

  constructor(client: Socket, target: Socket, state: { trouble: Trouble; strikes: number }) {
    this.#client = client;
    this.#target = target;
    const end = (): void => this.reset();
    for (const socket of [client, target]) {
      socket.on('error', end);
      socket.once('close', end);
    }
    carry(client, target, state, false);
    carry(target, client, state, true);
  }

  reset(): void {
    for (const socket of [this.#client, this.#target]) resetConnection(socket);
  }
}

/** Carries bytes one way, as the trouble of the moment allows; `isAnswer`: from the dependency to the service. */
function carry(
  from: Socket,
  to: Socket,
  state: { trouble: Trouble; strikes: number },
  isAnswer: boolean,
): void {
  from.on('data', (chunk: Buffer) => {
    const { trouble } = state;
    if (trouble !== 'none' && (isAnswer || trouble === 'silent' || trouble === 'half-open'))
      state.strikes += 1;
    // A chunk that was taken in silence is gone: the other side waits for it for ever.
    if (trouble === 'silent') return;
    if (trouble === 'half-open' && isAnswer) return;
    if (trouble === 'late' && isAnswer) setTimeout(() => write(to, chunk), LATE_MS).unref();
    else if (trouble === 'trickling' && isAnswer) trickle(from, to, chunk);
    else write(to, chunk);
  });
  from.on('end', () => {
    if (state.trouble === 'half-open' || state.trouble === 'silent') return;
    // What is late comes before its end.
    if (state.trouble === 'late' && isAnswer) setTimeout(() => finish(to), LATE_MS).unref();
    else finish(to);
  });
}

function trickle(from: Socket, to: Socket, chunk: Buffer): void {
  from.pause();
  let sent = 0;
  const timer = setInterval(() => {
    write(to, chunk.subarray(sent, sent + TRICKLE_BYTES));
    sent += TRICKLE_BYTES;
    if (sent < chunk.length && !to.destroyed) return;
    clearInterval(timer);
    from.resume();
  }, TRICKLE_EVERY_MS);
  timer.unref();
}

function finish(to: Socket): void {
  if (!to.destroyed && to.writable) to.end();
}

function write(to: Socket, chunk: Buffer): void {
  if (!to.destroyed && to.writable) to.write(chunk);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, resolve);
  });
}

const ignore = (): undefined => undefined;
