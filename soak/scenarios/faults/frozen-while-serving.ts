/** The process stands still for a while in the middle of its work, and goes on. */
import { readStat } from '../../../harness/supervisors/proc.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import { judgeReadyAgain } from '../../faults/ready-again.ts';

const FROZEN_MS = 2_500;
const RECOVER_MS = 10_000;

const scenario: FaultScenario = {
  name: 'frozen-while-serving',
  group: 'host',
  title: 'after a pause it goes on: it stays up, and is ready again',
  why: 'a machine that is moved, or a disk that hangs, stops everything for seconds: a service that takes the pause for a fault of its own makes an outage of it',
  fix: 'after a pause reconnect and go on; never end the process because a timer was late',
  modes: [48],
  important: false,
  cannotRun: ({ hasProc }) => (hasProc ? undefined : 'there is no /proc to see that it stands still'),
  cases: () => [{ name: `frozen for ${FROZEN_MS} ms`, ends: 'clean' }],
  async run(trial) {
    const life = await trial.startReady();
    await life.instance.signal('SIGSTOP');
    const isFrozen = (): true | undefined => (readStat(life.instance.pid)?.state === 'T' ? true : undefined);
    const waited = await trial.until(isFrozen, 500, 'the process to stand still');
    await trial.hold(FROZEN_MS);
    await life.instance.signal('SIGCONT');
    if (waited.met) trial.struck(`frozen for ${FROZEN_MS} ms: the kernel said that it stood still`);
    // What is late after the pause comes now.
    await trial.hold(300);
    trial.demandAlive(life, 'after a pause');
    await trial.awaitReadiness(life, RECOVER_MS, 'after a pause');
    await trial.stop(life);
  },
  judge: (history) => judgeReadyAgain(history, 'after the pause', RECOVER_MS),
};
export default scenario;
