/** Clients that have connected and say nothing, or half a request, or half a body, when the stop signal comes. */
import {
  anyPath,
  needsPort,
  noteClients,
  openClient,
  requestText,
  type RawClient,
} from '../../faults/clients.ts';
import { connectionState } from '../../faults/connection-state.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import type { Trial } from '../../faults/trial.ts';
import type { Life } from '../one-life.ts';

const COUNT = 3;
const TAKEN_MS = 2_000;

type Word = (trial: Trial, life: Life) => string;

const SAYS: Readonly<Record<string, Word>> = {
  'connected, nothing said': () => '',
  'half a request': (trial, life) => requestText(trial, life).slice(0, -4),
  'half a body': (trial, life) =>
    `POST ${anyPath(trial)} HTTP/1.1\r\nhost: ${life.instance.host}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"half":`,
};

const scenario: FaultScenario = {
  name: 'silent-connections',
  group: 'clients',
  title: 'connections on which no whole request comes do not hold the exit',
  why: 'load balancers and browsers open connections before they need them: server.close() waits for each of them, and the supervisor kills the service in the middle of its shutdown',
  fix: 'after a grace close what is idle (closeIdleConnections), and before the deadline everything (closeAllConnections)',
  modes: [6],
  important: true,
  doesNotApply: needsPort,
  cannotRun: ({ hasProc }) =>
    hasProc ? undefined : 'there is no /proc to see that the connections are accepted',
  cases: () => Object.keys(SAYS).map((name) => ({ name, ends: 'clean' })),
  async run(trial) {
    const life = await trial.startReady();
    const clients = await Promise.all(Array.from({ length: COUNT }, () => openClient(trial, life)));
    const words = SAYS[trial.case.name]?.(trial, life) ?? '';
    for (const client of clients) client.send(words);
    // What was sent must have been read before the signal, or the connection is one that nobody has accepted.
    const taken = await awaitTaken(trial, life, clients);
    await trial.signal(life);
    noteStrike(trial, clients, taken);
    await trial.end(life);
    noteClients(trial, life, { [trial.case.name]: clients });
  },
};
export default scenario;

async function awaitTaken(trial: Trial, life: Life, clients: readonly RawClient[]): Promise<boolean> {
  const { port = 0 } = life.instance;
  const areTaken = (): true | undefined => {
    const states = clients.map(({ socket }) => connectionState(port, socket.localPort ?? 0));
    return states.every((state) => state?.accepted === true && state.unread === 0) ? true : undefined;
  };
  return (await trial.until(areTaken, TAKEN_MS, 'the connections to be accepted')).met;
}

function noteStrike(trial: Trial, clients: readonly RawClient[], taken: boolean): void {
  const open = clients.filter((client) => client.end() === undefined).length;
  if (taken && open > 0)
    trial.struck(`${open} such connections, accepted and read, were open when the stop signal came`);
}
