/** SIGKILL while nothing is asked of the service, and again right after its next start. */
import type { FaultScenario } from '../../faults/fault.ts';

const scenario: FaultScenario = {
  name: 'killed-while-idle',
  group: 'crash',
  title: 'after a kill -9 the next start is ready, whatever was left behind',
  why: 'a machine that runs out of memory kills without a word: a stale pid file, lock or socket file then keeps the service down until somebody removes it by hand',
  fix: 'take locks that end with the process (a bound port, flock), and treat what lies there from before as stale',
  modes: [16, 20],
  important: true,
  cases: () => [
    { name: 'killed while idle', ends: 'killed' },
    { name: 'killed again after the start that followed', ends: 'killed' },
  ],
  async run(trial) {
    const life = await trial.startReady();
    await trial.signal(life, 'SIGKILL');
    trial.struck('SIGKILL was sent to a service that was ready');
    await trial.end(life);
  },
};
export default scenario;
