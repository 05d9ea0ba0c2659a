/** A client that asks much and reads nothing: answers pile up in the service until its socket takes no more. */
import { needsPort, noteClients, openClient, requestText, type RawClient } from '../../faults/clients.ts';
import { connectionState } from '../../faults/connection-state.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import type { Trial } from '../../faults/trial.ts';
import type { Life } from '../one-life.ts';

const ASK_AT_ONCE = 500;
const STUFFED_BYTES = 65_536;
const STUFF_MS = 30_000;
const STAY_MS = 500;
const LOOK_EVERY_MS = 25;

const scenario: FaultScenario = {
  name: 'slow-reader',
  group: 'clients',
  title: 'a client that does not read its answers does not hold the exit',
  why: 'a phone that has lost its network takes no more bytes for minutes: a shutdown that waits until everything is written waits for it',
  fix: 'before the deadline close every connection (closeAllConnections), whatever is still to be written',
  modes: [4],
  important: false,
  doesNotApply: needsPort,
  cannotRun: ({ hasProc }) => (hasProc ? undefined : 'there is no /proc to see the bytes that wait'),
  cases: () => [{ name: 'answers that nobody reads', ends: 'clean' }],
  async run(trial) {
    const life = await trial.startReady();
    const client = await openClient(trial, life, false);
    client.socket.pause();
    const text = requestText(trial, life).repeat(ASK_AT_ONCE);
    const stuffed = await stuff(trial, life, client, text);
    await trial.signal(life);
    if (stuffed > 0) trial.struck(`${stuffed} bytes of answers waited for a client that read none`);
    else if (client.end() !== undefined)
      trial.moot('it had closed the connection of a client that reads nothing');
    await trial.end(life);
    noteClients(trial, life, { 'reads nothing': [client] });
  },
};
export default scenario;

/** Asks until the service reads no more, since its own side of the connection is full. @returns what waits there. */
async function stuff(trial: Trial, life: Life, client: RawClient, text: string): Promise<number> {
  const { port = 0 } = life.instance;
  const from = client.socket.localPort ?? 0;
  let last = { queued: 0, unread: 0 };
  let sinceMs = performance.now();
  let lookedAtMs = 0;
  const isFull = (): true | undefined => {
    if (client.end() !== undefined) return true;
    if (client.socket.writableLength < text.length) client.send(text);
    // The tables of the kernel are long: they are not read at every turn.
    if (performance.now() - lookedAtMs < LOOK_EVERY_MS) return undefined;
    lookedAtMs = performance.now();
    const { queued, unread } = connectionState(port, from) ?? { queued: 0, unread: 0 };
    // It could read on and does not: it has more to write than its side takes. What only waits for its turn moves.
    const isStuck = queued >= STUFFED_BYTES && queued === last.queued && unread > 0 && unread === last.unread;
    if (!isStuck) sinceMs = performance.now();
    last = { queued, unread };
    return performance.now() - sinceMs > STAY_MS ? true : undefined;
  };
  const waited = await trial.until(isFull, STUFF_MS, 'answers to pile up');
  return waited.met && client.end() === undefined ? last.queued : 0;
}
