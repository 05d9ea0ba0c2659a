/** Signals other than the supervisor's: Ctrl-C, and the terminal that goes away. */
import type { FaultScenario } from '../../faults/fault.ts';
import type { Trial } from '../../faults/trial.ts';
import type { Life } from '../one-life.ts';
import { catches } from '../../faults/signal-state.ts';
import { observed } from '../../judges/judge.ts';

const HANG_UP = 'SIGHUP';
const HUP_MS = 1_000;

const scenario: FaultScenario = {
  name: 'other-stop-signals',
  group: 'signals',
  title: 'SIGINT and SIGTERM end it in order; so does SIGHUP where it is handled, or it changes nothing',
  why: 'process managers and people stop a service by SIGINT, a lost terminal by SIGHUP: without a handler requests are cut and nothing is released',
  fix: 'give every stop signal the handler of the first: process.on for SIGTERM, SIGINT and SIGHUP',
  modes: [24],
  important: true,
  cases: ({ service }) =>
    ['SIGTERM', 'SIGINT', HANG_UP]
      .filter((name) => name !== service.stopSignal)
      .map((name) => ({ name, ends: 'clean' })),
  async run(trial) {
    const name = trial.case.name as NodeJS.Signals;
    const life = await trial.startReady();
    // Without one the terminal that goes away ends it, which is what its author left to the system.
    if (name === HANG_UP && catches(life, name) === false) {
      trial.moot(`it has no handler for ${name}: whoever sends it kills it without a shutdown`);
      return trial.stop(life);
    }
    await trial.signal(life, name);
    trial.struck(`${name} was sent to a service that was ready`);
    if (name === HANG_UP) await stopWhatStays(trial, life);
    await trial.end(life);
  },
  judge: (history) => {
    const asked = observed(history, 'readiness-asked')[0];
    if (asked === undefined) return [];
    if (asked.notAsked !== undefined) return [{ outcome: 'skip', message: asked.notAsked }];
    return asked.ready
      ? [{ outcome: 'pass', message: 'it stayed, and was ready' }]
      : [{ outcome: 'fail', message: `it stayed and was no longer ready: ${asked.reason}` }];
  },
};
export default scenario;

/** Some services read their configuration again at a hang-up: these must be ready afterwards, and stop when told to. */
async function stopWhatStays(trial: Trial, life: Life): Promise<void> {
  const gone = (): true | undefined => (life.instance.exit() === undefined ? undefined : true);
  if ((await trial.until(gone, HUP_MS, 'the service to end or stay')).met) return;
  const answer = await trial.whetherReady(life);
  // One that is no longer ready is on its way out, and may take the time of a stop.
  const isDraining = 'ready' in answer && !answer.ready;
  if (isDraining && (await trial.until(gone, trial.service.exitWithinMs, 'the end that is under way')).met)
    return;
  await trial.askReadiness(life, 'after a hang-up');
  await trial.signal(life);
}
