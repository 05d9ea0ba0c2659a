/** The stop signal comes twice, or another one after it, while the service is already stopping. */
import type { FaultScenario } from '../../faults/fault.ts';
import { awaitTaken, catches } from '../../faults/signal-state.ts';
import type { Trial } from '../../faults/trial.ts';
import type { Life } from '../one-life.ts';

interface Second {
  afterMs: number;
  second?: NodeJS.Signals;
}

const CASES: Readonly<Record<string, Second>> = {
  'the stop signal twice, at once': { afterMs: 0 },
  'the stop signal again after 50 ms': { afterMs: 50 },
  'SIGINT after the stop signal': { afterMs: 20, second: 'SIGINT' },
};

/** A process that no longer catches the signal and ends by itself this soon was ending already. */
const ENDING_MS = 150;
/** On a busy host a death is heard of late. */
const DEATH_MS = 1_000;

const scenario: FaultScenario = {
  name: 'second-signal',
  group: 'signals',
  title: 'a second signal while stopping changes nothing',
  why: 'supervisors, shells and impatient people send the signal again: a handler that runs twice closes things twice, throws, and a clean stop becomes a crash',
  fix: 'let the handler do its work once, and keep it registered (on, not once): keep the promise of the shutdown, and return it to whoever asks again',
  modes: [2],
  important: true,
  cannotRun: ({ hasProc }) =>
    hasProc ? undefined : 'there is no /proc to see that the first signal was taken',
  cases: () => Object.keys(CASES).map((name) => ({ name, ends: 'clean' })),
  async run(trial) {
    const life = await trial.startReady();
    await trial.signal(life);
    await awaitTaken(trial, life, trial.service.stopSignal);
    await sendSecond(trial, life, CASES[trial.case.name] ?? { afterMs: 0 });
    await trial.end(life);
  },
};
export default scenario;

async function sendSecond(trial: Trial, life: Life, { afterMs, second }: Second): Promise<void> {
  const first = trial.service.stopSignal;
  const signal = second ?? first;
  const firstAtMs = life.signalAtMs;
  const sinceMs = (): number => Math.round((performance.now() - firstAtMs) * 10) / 10;
  await trial.until(() => (sinceMs() >= afterMs ? true : undefined), afterMs + 100, 'the second signal');
  const handled = catches(life, signal);
  if (handled !== true && (await endsByItself(trial, life))) {
    trial.moot(`it was ending already when ${signal} was due, ${afterMs} ms after ${first}`);
    return;
  }
  const signalled = await life.instance.signal(signal);
  if (!signalled.sent) {
    trial.moot(`it was gone when ${signal} was due, ${afterMs} ms after ${first}: ${signalled.reason}`);
    return;
  }
  const laterMs = sinceMs();
  life.signalAtMs = signalled.atMs;
  trial.observe({ kind: 'signal-sent', cycle: trial.case.cycle, signal, inFlight: 0 });
  // Node takes its handlers away while it ends: whoever dies now has done all its work.
  if (handled === true && (await diesOf(trial, life, signal)))
    trial.moot(`${signal} met it in the moment of its end, ${laterMs} ms after ${first}`);
  else trial.struck(`${signal} reached a process that had taken ${first} ${laterMs} ms before`);
}

async function endsByItself(trial: Trial, life: Life): Promise<boolean> {
  const gone = (): true | undefined => (life.instance.exit() === undefined ? undefined : true);
  return (await trial.until(gone, ENDING_MS, 'the end that is under way')).met;
}

/** Whether it died of the signal at once although it had a handler a moment before. */
async function diesOf(trial: Trial, life: Life, signal: NodeJS.Signals): Promise<boolean> {
  const gone = (): true | undefined => (life.instance.exit() === undefined ? undefined : true);
  await trial.until(gone, DEATH_MS, 'a death at once');
  return life.instance.exit()?.signal === signal;
}
