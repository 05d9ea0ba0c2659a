/** The stop signal goes to the whole process group, as Ctrl-C and some supervisors send it. */
import { descendantsOf } from '../../../harness/supervisors/proc.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import { ScenarioAborted } from '../scenario.ts';

const scenario: FaultScenario = {
  name: 'signal-to-group',
  group: 'signals',
  title: 'the stop signal may reach its children at the same moment',
  why: 'Ctrl-C, and systemd by default, signal every process: a service that takes the end of a child for a crash fails its own clean stop',
  fix: 'while stopping expect children to end by themselves, and only wait for them',
  modes: [23, 44],
  important: false,
  cannotRun: ({ hasProc }) => (hasProc ? undefined : 'there is no /proc to see its children'),
  cases: () => [{ name: 'the stop signal to the group', ends: 'clean' }],
  async run(trial) {
    const life = await trial.startReady();
    const { stopSignal } = trial.service;
    const children = descendantsOf(life.instance.pid).length;
    life.signalAtMs = performance.now();
    try {
      // It leads a group of its own.
      process.kill(-life.instance.pid, stopSignal);
    } catch {
      throw new ScenarioAborted('its process group could not be signalled');
    }
    trial.observe({ kind: 'signal-sent', cycle: trial.case.cycle, signal: stopSignal, inFlight: 0 });
    if (children > 0) trial.struck(`${stopSignal} was sent to a service and to its ${children} children`);
    else trial.moot('it has no children that a signal to its group could reach');
    await trial.end(life);
  },
};
export default scenario;
