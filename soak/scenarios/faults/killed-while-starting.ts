/** SIGKILL at several moments of the start. */
import type { FaultScenario } from '../../faults/fault.ts';

const UNDISTURBED = 'an undisturbed start';
const PARTS: Readonly<Record<string, number>> = {
  'killed half way': 0.5,
  'killed after three quarters': 0.75,
  'killed just before it was due to be ready': 0.9,
};

const scenario: FaultScenario = {
  name: 'killed-while-starting',
  group: 'crash',
  title: 'after a kill -9 in the middle of its start the next start is ready',
  why: 'a start that takes too long is killed by whoever waits for it: a lock or a migration that is half done then keeps every later start down',
  fix: 'make every step of the start one that can be done again: locks that end with the process, migrations in a transaction',
  modes: [1, 16, 17],
  important: false,
  cases: () => [
    { name: UNDISTURBED, ends: 'clean', plain: true },
    ...Object.keys(PARTS).map((name) => ({ name, ends: 'killed' as const })),
  ],
  async run(trial) {
    if (trial.case.name === UNDISTURBED) return trial.stop(await trial.startReady());
    const afterMs = trial.readyAfterMs() * (PARTS[trial.case.name] ?? 1);
    const life = await trial.start();
    await trial.hold(afterMs);
    trial.demandAlive(life, 'while it was starting');
    await trial.signal(life, 'SIGKILL');
    trial.struck(
      `killed ${Math.round(afterMs)} ms after its start, which takes ${Math.round(trial.readyAfterMs())} ms`,
    );
    await trial.end(life);
  },
};
export default scenario;
