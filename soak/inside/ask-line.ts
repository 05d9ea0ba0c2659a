/** The line on which the harness asks the probe: a unix socket that the probe connects to. Made by `probe.ts`. */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

export interface AskLine {
  /** Whether somebody listens. */
  send(ask: object): boolean;
  close(): Promise<void>;
}

/** The harness listens; the probe connects when it is loaded. */
export async function listenAt(path: string): Promise<AskLine> {
  let probe: Socket | undefined;
  const server: Server = createServer((socket) => {
    probe = socket;
    socket.on('error', () => undefined); // its end is seen by the supervisor
    socket.on('close', () => {
      if (probe === socket) probe = undefined;
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  server.unref();
  return {
    send: (ask) => {
      if (probe === undefined) return false;
      probe.write(`${JSON.stringify(ask)}\n`);
      return true;
    },
    close: () => {
      probe?.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
