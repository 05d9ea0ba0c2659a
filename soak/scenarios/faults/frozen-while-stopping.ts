/** The process is frozen around its stop: the signal waits while nothing runs, or it stands still in the middle of its drain. */
import { readStat } from '../../../harness/supervisors/proc.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import { awaitTaken } from '../../faults/signal-state.ts';
import type { Trial } from '../../faults/trial.ts';
import type { Life } from '../one-life.ts';

const BEFORE = 'the stop signal while frozen';
const AMID = 'frozen while stopping';
const FROZEN_MS = 2_000;
const BEGUN_MS = 20;

const scenario: FaultScenario = {
  name: 'frozen-while-stopping',
  group: 'signals',
  title: 'a stop signal that comes late, or a pause in the middle of the stop, changes nothing',
  why: 'a loop that is blocked, a machine that swaps or is moved hears the signal seconds late: timers of the shutdown that all fire at once then turn a clean stop into a failure',
  fix: 'count the deadline of the shutdown from when the signal is handled, and let work that is done win over a timer that is due',
  modes: [28, 48],
  important: true,
  cannotRun: ({ hasProc }) => (hasProc ? undefined : 'there is no /proc to see that it stands still'),
  cases: () => [
    { name: BEFORE, ends: 'clean' },
    { name: AMID, ends: 'clean' },
  ],
  async run(trial) {
    const life = await trial.startReady();
    if (trial.case.name === AMID) {
      await trial.signal(life);
      // It has begun to stop when it stands still.
      await awaitTaken(trial, life, trial.service.stopSignal);
      await trial.hold(BEGUN_MS);
    }
    await freeze(trial, life);
    if (trial.case.name === BEFORE && life.instance.exit() === undefined) await trial.signal(life);
    await trial.hold(FROZEN_MS);
    await thaw(life);
    await trial.end(life);
  },
};
export default scenario;

async function freeze(trial: Trial, life: Life): Promise<void> {
  const sent = await life.instance.signal('SIGSTOP');
  if (!sent.sent) {
    trial.moot(`it was gone before it could be frozen: ${sent.reason}`);
    return;
  }
  const isFrozen = (): true | undefined => (readStat(life.instance.pid)?.state === 'T' ? true : undefined);
  const waited = await trial.until(isFrozen, 500, 'the process to stand still');
  if (waited.met) trial.struck(`frozen for ${FROZEN_MS} ms: the kernel said that it stood still`);
  else if (life.instance.exit() !== undefined) trial.moot('it was gone before it stood still');
}

/** What it takes from then on is its own time. */
async function thaw(life: Life): Promise<void> {
  if (life.instance.exit() !== undefined) return;
  await life.instance.signal('SIGCONT');
  life.signalAtMs = performance.now();
}
