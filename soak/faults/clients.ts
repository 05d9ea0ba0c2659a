/**
 * Clients of the harness's own that hold connections open in bad ways: they say nothing, half a request, or read
 * nothing. Used by the scenarios of the group `clients`; what became of each is on record.
 */
import { connect, type Socket } from 'node:net';
import { deadlineIn, within } from '../../harness/deadline.ts';
import { errorText } from '../../harness/errors.ts';
import type { Life } from '../scenarios/one-life.ts';
import { ScenarioAborted } from '../scenarios/scenario.ts';
import type { Trial } from './trial.ts';

const CONNECT_MS = 3_000;
const EXIT_MS = 500;

/** One connection, what came on it, and how it ended. */
export interface RawClient {
  socket: Socket;
  /** What has come, as text; the first 64 KiB. */
  received(): string;
  end(): { how: 'ended' | 'cut'; atMs: number; detail?: string } | undefined;
  send(text: string): void;
}

/** Opens a connection to a life; it is closed at the end of the case. `reads`: false leaves what comes where it is. */
export async function openClient(trial: Trial, life: Life, reads = true): Promise<RawClient> {
  const { host, port = 0 } = life.instance;
  const socket = connect({ host, port, allowHalfOpen: true });
  trial.context.atEnd(() => void socket.destroy());
  const state: { received: string; end?: { how: 'ended' | 'cut'; atMs: number; detail?: string } } = {
    received: '',
  };
  const endBy = (how: 'ended' | 'cut', detail?: string): void => {
    state.end ??= { how, atMs: performance.now(), ...(detail === undefined ? {} : { detail }) };
  };
  if (reads)
    socket.on('data', (chunk: Buffer) => {
      if (state.received.length < 65_536) state.received += chunk.toString('latin1');
    });
  socket.on('end', () => {
    endBy('ended');
    socket.end();
  });
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.on('error', (error) => {
      endBy('cut', errorText(error));
      reject(error);
    });
  });
  connected.catch(() => undefined);
  const waited = await within(connected, deadlineIn(CONNECT_MS, 'a connection')).catch((error: unknown) => ({
    met: false as const,
    reason: errorText(error),
  }));
  if (!waited.met) {
    // What has ended is heard of a moment after its connections.
    await trial.until(() => (life.instance.exit() === undefined ? undefined : true), EXIT_MS, 'its end');
    trial.demandAlive(life, 'while a client connected');
    throw new ScenarioAborted(`a client could not connect: ${waited.reason}`);
  }
  return {
    socket,
    received: () => state.received,
    end: () => state.end,
    send: (text) => void socket.write(text),
  };
}

/** Writes down what became of clients, once the life has ended. */
export function noteClients(trial: Trial, life: Life, clients: Record<string, readonly RawClient[]>): void {
  for (const [name, list] of Object.entries(clients)) {
    for (const client of list) {
      const end = client.end();
      const afterMs = (end?.atMs ?? performance.now()) - life.signalAtMs;
      trial.client(name, end?.how ?? 'open', afterMs, end?.detail);
    }
  }
}

/** A request that is asked of any service: its readiness route, or the first of the load. */
export function anyPath(trial: Trial): string {
  const { readiness } = trial.service;
  if ('http' in readiness) return readiness.http;
  const { load } = trial.context;
  return (load === false ? undefined : load?.requests[0]?.path) ?? '/';
}

export function requestText(trial: Trial, life: Life, headers = ''): string {
  return `GET ${anyPath(trial)} HTTP/1.1\r\nhost: ${life.instance.host}\r\n${headers}\r\n`;
}

/** Why clients have no meaning for this service. */
export function needsPort({ service }: { service: { port: number | string } }): string | undefined {
  return service.port === 'none' ? "service.port is 'none': it has no clients" : undefined;
}
