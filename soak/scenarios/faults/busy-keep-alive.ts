/** Clients that go on asking on kept connections after the stop signal. */
import { needsPort, openClient, requestText, type RawClient } from '../../faults/clients.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import type { Trial } from '../../faults/trial.ts';
import type { Life } from '../one-life.ts';

const COUNT = 4;
const WARM_MS = 5_000;

const scenario: FaultScenario = {
  name: 'busy-keep-alive',
  group: 'clients',
  title: 'clients that go on asking on their connections do not keep it from stopping',
  why: 'a kept connection that is never idle is never closed by closeIdleConnections: a drain that waits for silence waits for ever',
  fix: 'answer with `connection: close` as soon as it drains',
  modes: [10],
  important: false,
  doesNotApply: needsPort,
  cases: () => [{ name: 'asked again after each answer', ends: 'clean' }],
  async run(trial) {
    const life = await trial.startReady();
    const clients = await Promise.all(Array.from({ length: COUNT }, () => openClient(trial, life)));
    const answers = clients.map((client) => keepAsking(trial, life, client));
    const isBusy = (): true | undefined =>
      answers.every(({ answered, over }) => over || answered >= 2) ? true : undefined;
    await trial.until(isBusy, WARM_MS, 'answers on every connection');
    await trial.signal(life);
    const before = sum(answers);
    const busy = clients.filter((client, index) => client.end() === undefined && asksOn(answers[index]));
    if (busy.length > 0)
      trial.struck(`${busy.length} connections asked on, on which ${before} requests had been answered`);
    await trial.end(life);
    trial.measured('answeredAfterSignal', sum(answers) - before);
  },
};
export default scenario;

interface Asking {
  answered: number;
  /** It was told to leave, and asks no more. */
  over: boolean;
}

const asksOn = (asking: Asking | undefined): boolean =>
  asking !== undefined && !asking.over && asking.answered > 0;

/** Asks again as soon as the answer begins, until the connection ends. */
function keepAsking(trial: Trial, life: Life, client: RawClient): Asking {
  const asking = { answered: 0, over: false };
  const ask = (): void => client.send(requestText(trial, life));
  client.socket.on('data', (chunk: Buffer) => {
    if (!chunk.includes('HTTP/1.1 ')) return;
    asking.answered += 1;
    // The client of a proxy is told: it does not ask on a connection that is to be closed.
    asking.over ||= /^connection: close/im.test(chunk.toString('latin1'));
    if (!asking.over) ask();
  });
  ask();
  return asking;
}

function sum(list: readonly Asking[]): number {
  return list.reduce((total, { answered }) => total + answered, 0);
}
