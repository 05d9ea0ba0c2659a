/** WebSockets that are open when the stop signal comes. */
import type { FaultScenario } from '../../faults/fault.ts';
import { needsPort } from '../../faults/clients.ts';
import { observed } from '../../judges/judge.ts';

const COUNT = 3;
const OPEN_MS = 3_000;
/** The words of a close that says why: going away, or a normal end. */
const SAID = new Set([1000, 1001, 1012]);

const scenario: FaultScenario = {
  name: 'websocket-held',
  group: 'clients',
  title: 'open WebSockets are closed with a word, and do not hold the exit',
  why: 'a client that is cut off without a close code waits for its own timeout before it comes back; a server that waits for its clients never ends',
  fix: 'send every WebSocket a close with code 1001 at the stop signal, and end what has not answered before the deadline',
  modes: [8],
  important: false,
  doesNotApply: (config) =>
    needsPort(config) ??
    (config.soak.faults.webSocket === undefined ? 'soak.faults.webSocket names no path' : undefined),
  cases: () => [{ name: 'WebSockets held open', ends: 'clean' }],
  async run(trial) {
    const life = await trial.startReady();
    const url = trial.originOf(life).replace('http', 'ws') + (trial.context.webSocket ?? '/');
    const sockets = Array.from({ length: COUNT }, () => {
      const socket = new WebSocket(url);
      const state: { isOpen: boolean; code?: number; atMs?: number } = { isOpen: false };
      socket.addEventListener('open', () => (state.isOpen = true));
      socket.addEventListener('close', ({ code }) => Object.assign(state, { code, atMs: performance.now() }));
      trial.context.atEnd(() => socket.close());
      return state;
    });
    const allOpen = (): true | undefined => (sockets.every(({ isOpen }) => isOpen) ? true : undefined);
    await trial.until(allOpen, OPEN_MS, 'WebSockets to open');
    const held = sockets.filter(({ isOpen, code }) => isOpen && code === undefined);
    await trial.signal(life);
    if (held.length > 0) trial.struck(`${held.length} WebSockets were open when the stop signal came`);
    await trial.end(life);
    await trial.until(() => (held.every(({ code }) => code !== undefined) ? true : undefined), 500, 'closes');
    for (const { code, atMs } of held) {
      const afterMs = (atMs ?? performance.now()) - life.signalAtMs;
      const fate = code === undefined ? 'open' : SAID.has(code) ? 'ended' : 'cut';
      trial.client('WebSocket', fate, afterMs, `code ${code ?? 'none'}`);
    }
  },
  judge: (history) => {
    const ends = observed(history, 'client-ended');
    const cut = ends.filter(({ fate }) => fate !== 'ended');
    if (cut.length > 0)
      return [
        {
          outcome: 'fail',
          message: `${cut.length} of ${ends.length} WebSockets ended without a word: ${cut[0]?.detail}`,
        },
      ];
    return ends.length === 0
      ? [{ outcome: 'unknown', message: 'the end of the WebSockets is not on record' }]
      : [{ outcome: 'pass', message: `${ends.length} WebSockets were told: ${ends[0]?.detail}` }];
  },
};
export default scenario;
