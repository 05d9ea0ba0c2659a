/** The service gets a fifth of a processor, from before its stop signal to its exit. */
import { throttle } from '../../faults/throttle.ts';
import type { FaultScenario } from '../../faults/fault.ts';

const scenario: FaultScenario = {
  name: 'slow-cpu',
  group: 'host',
  title: 'on a fifth of a processor it still stops in order and in time',
  why: 'a quota, a noisy neighbour, or all services of a machine that stop at once: deadlines inside the service that are tight fail there, and only there',
  fix: 'give the steps of the shutdown shares of the deadline that the supervisor grants, not a few hundred milliseconds',
  modes: [28],
  important: false,
  cannotRun: ({ hasProc }) => (hasProc ? undefined : 'there is no /proc to see that it stands still'),
  cases: () => [{ name: 'a fifth of a processor', ends: 'clean' }],
  async run(trial) {
    const life = await trial.startReady();
    const slow = throttle(life.instance.pid, { runMs: 10, stopMs: 40 });
    trial.context.atEnd(() => slow.end());
    const { stops } = slow;
    await trial.until(() => (stops() >= 3 ? true : undefined), 5_000, 'the process to be slow');
    await trial.signal(life);
    if (stops() >= 3) trial.struck(`stopped for 40 ms after every 10 ms: ${stops()} times before the signal`);
    await trial.end(life);
    slow.end();
  },
};
export default scenario;
