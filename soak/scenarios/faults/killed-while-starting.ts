/** SIGKILL at several moments of the start. */
import { deadlineIn } from '../../../harness/deadline.ts';
import { listensOn } from '../../../harness/supervisors/proc-sockets.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import type { Trial } from '../../faults/trial.ts';

const LISTENING = 'killed as soon as it listens';
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
  cases: ({ service }) => [
    { name: UNDISTURBED, ends: 'clean', plain: true },
    ...Object.keys(PARTS).map((name) => ({ name, ends: 'killed' as const })),
    ...(service.port === 'none' ? [] : [{ name: LISTENING, ends: 'killed' as const }]),
  ],
  async run(trial) {
    if (trial.case.name === UNDISTURBED) return trial.stop(await trial.startReady());
    if (trial.case.name === LISTENING) return killListening(trial);
    const afterMs = trial.readyAfterMs() * (PARTS[trial.case.name] ?? 1);
    const life = await trial.start();
    await trial.hold(afterMs);
    const before = await life.instance.ready(deadlineIn(1, 'the service to be ready'), trial.context.signal);
    trial.demandAlive(life, 'while it was starting');
    await trial.signal(life, 'SIGKILL');
    const words = `killed ${Math.round(afterMs)} ms after its start, which takes ${Math.round(trial.readyAfterMs())} ms`;
    if (before.kind === 'ready') trial.moot(`it was ready already: ${words}`);
    else trial.struck(words);
    await trial.end(life);
  },
};
export default scenario;

async function killListening(trial: Trial): Promise<void> {
  const life = await trial.start();
  const { pid, port = 0 } = life.instance;
  const listens = (): true | undefined => (listensOn(pid, port) === true ? true : undefined);
  const waited = await trial.until(listens, trial.service.readyWithinMs, 'the service to listen');
  trial.demandAlive(life, 'while it was starting');
  await trial.signal(life, 'SIGKILL');
  if (waited.met) trial.struck('killed when it had just begun to listen');
  await trial.end(life);
}
