/** SIGKILL in the middle of the stop, as a supervisor sends it whose patience is over. */
import type { FaultScenario } from '../../faults/fault.ts';
import { awaitTaken } from '../../faults/signal-state.ts';

const CASES: Readonly<Record<string, number>> = {
  'killed as soon as it has the stop signal': 0,
  'killed 30 ms into its stop': 30,
  'killed 100 ms into its stop': 100,
};

const scenario: FaultScenario = {
  name: 'killed-while-stopping',
  group: 'crash',
  title: 'after a kill -9 in the middle of its stop the next start is ready',
  why: 'a stop that is not done within the time of the supervisor is cut off: what it was writing or removing is half done',
  fix: 'write beside the file and rename; treat what a stop has left half done as left by a crash',
  modes: [13, 16],
  important: false,
  cases: () => Object.keys(CASES).map((name) => ({ name, ends: 'killed' })),
  async run(trial) {
    const life = await trial.startReady();
    await trial.signal(life);
    await awaitTaken(trial, life, trial.service.stopSignal);
    await trial.hold(CASES[trial.case.name] ?? 0);
    const killed = await life.instance.signal('SIGKILL');
    const afterMs = Math.round(performance.now() - life.signalAtMs);
    await trial.end(life);
    // It may have been over in the same moment.
    if (killed.sent && life.instance.exit()?.signal === 'SIGKILL')
      trial.struck(`killed ${afterMs} ms after the stop signal`);
    else trial.moot(`it had stopped by itself within ${afterMs} ms`);
  },
};
export default scenario;
