/** Clients that keep their connections: idle ones, and one that becomes idle only after the stop signal. */
import { listensOn } from '../../../harness/supervisors/proc-sockets.ts';
import { connectionState } from '../../faults/connection-state.ts';
import { needsPort, noteClients, openClient, requestText, type RawClient } from '../../faults/clients.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import type { Trial } from '../../faults/trial.ts';
import type { Life } from '../one-life.ts';

const IDLE = 'idle since before the signal';
const LATE = 'idle only after the signal';
const COUNT = 5;
const ANSWER_MS = 3_000;
/** One that listens on while it drains is sent the rest all the same. */
const DRAINS_MS = 500;

const scenario: FaultScenario = {
  name: 'idle-keep-alive',
  group: 'clients',
  title: 'kept connections do not hold the exit, also those that become idle while it drains',
  why: 'every proxy keeps connections: a close() that waits for them never ends, or ends with the keep-alive timeout, minutes later',
  fix: 'answer with `connection: close` while draining, and close idle connections again and again until none is left',
  modes: [4, 5],
  important: true,
  doesNotApply: needsPort,
  cases: () => [
    { name: IDLE, ends: 'clean' },
    { name: LATE, ends: 'clean' },
  ],
  async run(trial) {
    const life = await trial.startReady();
    const clients = await Promise.all(Array.from({ length: COUNT }, () => openClient(trial, life)));
    for (const client of clients) client.send(requestText(trial, life));
    await awaitAnswers(trial, clients, 1);
    const isLate = trial.case.name === LATE;
    // The rest of it comes after the signal: until then the connection is not idle, and nobody may close it as such.
    if (isLate) for (const client of clients) client.send(requestText(trial, life).slice(0, -2));
    if (isLate) await awaitRead(trial, life, clients);
    const open = clients.filter((client) => client.end() === undefined && isAnswered(client));
    await trial.signal(life);
    if (isLate) await finishLate(trial, life, open);
    else if (open.length > 0)
      trial.struck(`${open.length} connections that had been answered were open when the stop signal came`);
    await trial.end(life);
    noteClients(trial, life, { [trial.case.name]: clients });
  },
};
export default scenario;

async function awaitAnswers(trial: Trial, clients: readonly RawClient[], count: number): Promise<void> {
  const answered = (): true | undefined =>
    clients.every((client) => client.received().split('HTTP/1.1 ').length > count) ? true : undefined;
  await trial.until(answered, ANSWER_MS, 'an answer on each kept connection');
}

const isAnswered = (client: RawClient): boolean => client.received().includes('HTTP/1.1 ');

/** Half a request that lies unread is none: its connection is idle. */
async function awaitRead(trial: Trial, life: Life, clients: readonly RawClient[]): Promise<void> {
  const { port = 0 } = life.instance;
  const isRead = (): true | undefined =>
    clients.every(({ socket }) => connectionState(port, socket.localPort ?? 0)?.unread === 0)
      ? true
      : undefined;
  await trial.until(isRead, ANSWER_MS, 'half a request to be read');
}

/** Sends the rest once the service has let go of its listener, by which it shows that it drains. */
async function finishLate(trial: Trial, life: Life, clients: readonly RawClient[]): Promise<void> {
  const { pid, port = 0 } = life.instance;
  const drains = (): true | undefined =>
    life.instance.exit() !== undefined || listensOn(pid, port) !== true ? true : undefined;
  await trial.until(drains, DRAINS_MS, 'it to stop listening');
  await trial.hold(20);
  const late = clients.filter((client) => client.end() === undefined);
  for (const client of late) client.send('\r\n');
  if (late.length === 0 && clients.length > 0)
    trial.moot(
      `it had closed every connection ${sinceSignal(life)} ms after the stop signal, half a request on each`,
    );
  else if (late.length > 0)
    trial.struck(`${late.length} connections became idle ${sinceSignal(life)} ms after the stop signal`);
}

const sinceSignal = (life: Life): number => Math.round(performance.now() - life.signalAtMs);
