/** SIGKILL in the middle of requests, several times, and the start that follows each. */
import type { FaultScenario } from '../../faults/fault.ts';
import { needsLoad, withLoad } from '../../faults/under-load.ts';

const scenario: FaultScenario = {
  name: 'killed-under-load',
  group: 'crash',
  title: 'after a kill -9 in the middle of its work the next start is ready',
  why: 'power cuts and the memory killer strike while something is being written: a file that is half there keeps every later start down',
  fix: 'write beside the file and rename, or let a database do it; treat what cannot be read as damage with a message, not as the end',
  modes: [13, 16, 17],
  important: true,
  doesNotApply: needsLoad,
  cases: () =>
    ['first', 'second', 'third'].map((word) => ({ name: `${word} kill under load`, ends: 'killed' })),
  async run(trial) {
    const life = await trial.startReady();
    const load = await withLoad(trial, life);
    const inFlight = await load.strike(() => life.instance.signal('SIGKILL'));
    life.signalAtMs = performance.now();
    const { sent } = await load.stop();
    if (inFlight > 0) trial.struck(`${inFlight} of ${sent} requests were on the wire when SIGKILL was sent`);
    await trial.end(life);
  },
};
export default scenario;
