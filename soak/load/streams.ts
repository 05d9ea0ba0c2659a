/**
 * Clients that hold a stream of events open across the stop signal: what becomes of each when the service stops.
 * Opened by scenarios before the strike, counted after the exit.
 */
import { Client } from 'undici';
import { deadlineIn, poll } from '../../harness/deadline.ts';
import { errorText } from '../../harness/errors.ts';
import type { StreamFate, StreamTotals } from '../../harness/observation.ts';

/** What a stream is opened with. */
export interface StreamTemplate {
  path: string;
  headers: Record<string, string>;
  /** How many are held open. */
  count: number;
}

export interface StreamsOptions {
  origin: string;
  streams: readonly StreamTemplate[];
  /** How long an answer's head may take. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/** Streams that are held open; {@link Streams.close} gives their connections back. */
export interface Streams {
  /** Notes which ones are open when the stop signal strikes. */
  noteSignal(): void;
  /** Counts the fates, once no stream is open or this time is over; what is still open then was ended by nobody. */
  totals(withinMs: number): Promise<StreamTotals>;
  close(): Promise<void>;
}

interface HeldStream {
  path: string;
  state: 'opening' | 'open' | 'ended' | 'cut' | 'refused';
  openAtSignal: boolean;
  why?: string;
  bytes: number;
}

const PACE = { firstMs: 1, maxMs: 20 };

/** Opens every stream and resolves when each has its answer's head, or has none. Never rejects. */
export async function openStreams({ origin, streams, timeoutMs, signal }: StreamsOptions): Promise<Streams> {
  const client = () =>
    new Client(origin, { headersTimeout: timeoutMs, bodyTimeout: 0, connect: { timeout: timeoutMs } });
  const templates = streams.flatMap((template) => Array<StreamTemplate>(template.count).fill(template));
  const clients = templates.map(client);
  const held = templates.map(({ path }): HeldStream => ({
    path,
    state: 'opening',
    openAtSignal: false,
    bytes: 0,
  }));
  const closeAll = async (): Promise<void> => {
    await Promise.all(clients.map((each) => each.destroy()));
  };
  const onAbort = (): void => void closeAll();
  signal?.addEventListener('abort', onAbort, { once: true });
  await Promise.all(
    templates.map((template, index) => {
      const [stream, own] = [held[index], clients[index]];
      return stream === undefined || own === undefined ? undefined : open(own, template, stream);
    }),
  );
  return {
    noteSignal: () => {
      for (const stream of held) stream.openAtSignal = stream.state === 'open';
    },
    totals: async (withinMs) => {
      const none = () => (held.some(({ state }) => state === 'open') ? undefined : true);
      await poll(() => Promise.resolve(none()), deadlineIn(withinMs, 'event streams to end'), PACE);
      return totalsOf(held);
    },
    close: async () => {
      signal?.removeEventListener('abort', onAbort);
      await closeAll();
    },
  };
}

async function open(client: Client, { path, headers }: StreamTemplate, stream: HeldStream): Promise<void> {
  try {
    const answer = await client.request({
      method: 'GET',
      path,
      headers: { accept: 'text/event-stream', ...headers },
    });
    if (answer.statusCode !== 200) {
      stream.state = 'refused';
      stream.why = `GET ${path} answered ${answer.statusCode}`;
      await answer.body.dump();
      return;
    }
    stream.state = 'open';
    answer.body.on('data', (chunk: Buffer) => (stream.bytes += chunk.length));
    answer.body.on('end', () => (stream.state = 'ended'));
    answer.body.on('error', (error) => {
      if (stream.state !== 'open') return;
      stream.state = 'cut';
      stream.why = errorText(error);
    });
  } catch (error) {
    stream.state = 'refused';
    stream.why = `GET ${path}: ${errorText(error)}`;
  }
}

function totalsOf(held: readonly HeldStream[]): StreamTotals {
  const byFate: Record<StreamFate, number> = { ended: 0, cut: 0, open: 0 };
  for (const { state, openAtSignal } of held) {
    if (!openAtSignal) continue;
    byFate[state === 'ended' || state === 'cut' ? state : 'open'] += 1;
  }
  const why = held.find((stream) => stream.why !== undefined)?.why;
  return {
    asked: held.length,
    openAtSignal: held.filter(({ openAtSignal }) => openAtSignal).length,
    bytes: held.reduce((sum, { bytes }) => sum + bytes, 0),
    byFate,
    ...(why === undefined ? {} : { why }),
  };
}
