/** The stop signal comes twice, or another one after it, while the service is already stopping. */
import { readProcText } from '../../../harness/supervisors/proc.ts';
import { constants } from 'node:os';
import type { FaultScenario } from '../../faults/fault.ts';
import type { Trial } from '../../faults/trial.ts';
import type { Life } from '../one-life.ts';

const CASES = {
  'the stop signal twice, at once': { afterMs: 0 },
  'the stop signal again after 50 ms': { afterMs: 50 },
  'SIGINT after the stop signal': { afterMs: 20, second: 'SIGINT' },
} as const satisfies Record<string, { afterMs: number; second?: NodeJS.Signals }>;

const scenario: FaultScenario = {
  name: 'second-signal',
  group: 'signals',
  title: 'a second signal while stopping changes nothing',
  why: 'supervisors, shells and impatient people send the signal again: a handler that runs twice closes things twice, throws, and a clean stop becomes a crash',
  fix: 'let the handler do its work once: keep the promise of the shutdown, and return it to whoever asks again',
  modes: [2],
  important: true,
  cases: () => Object.keys(CASES).map((name) => ({ name, ends: 'clean' })),
  async run(trial) {
    const life = await trial.startReady();
    await trial.signal(life);
    await taken(trial, life);
    const { afterMs, second = trial.service.stopSignal } = caseOf(trial);
    const sentAtMs = life.signalAtMs;
    await trial.until(
      () => (performance.now() - sentAtMs >= afterMs ? true : undefined),
      afterMs + 100,
      'the moment of the second signal',
    );
    const signalled = await life.instance.signal(second);
    if (signalled.sent) {
      life.signalAtMs = signalled.atMs;
      trial.observe({ kind: 'signal-sent', cycle: trial.case.cycle, signal: second, inFlight: 0 });
      const laterMs = Math.round((signalled.atMs - sentAtMs) * 10) / 10;
      trial.struck(
        `${second} reached a process that had taken ${trial.service.stopSignal} ${laterMs} ms before`,
      );
    } else trial.moot(`it was gone ${afterMs} ms after the first signal: ${signalled.reason}`);
    await trial.end(life);
  },
};
export default scenario;

function caseOf(trial: Trial): { afterMs: number; second?: NodeJS.Signals } {
  return CASES[trial.case.name as keyof typeof CASES];
}

/** Waits until the signal is no longer pending: two that are pending at once are one. */
async function taken(trial: Trial, life: Life): Promise<void> {
  const bit = 1n << BigInt(constants.signals[trial.service.stopSignal] - 1);
  await trial.until(
    () => {
      const pending = /^ShdPnd:\s*([0-9a-f]+)/m.exec(readProcText(`/proc/${life.instance.pid}/status`) ?? '');
      return pending?.[1] === undefined || (BigInt(`0x${pending[1]}`) & bit) === 0n ? true : undefined;
    },
    500,
    'the first signal to be taken',
  );
}
