/** The stop signal comes while the service is still starting: at several moments, up to the one in which it is ready. */
import { deadlineIn } from '../../../harness/deadline.ts';
import { listensOn } from '../../../harness/supervisors/proc-sockets.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import type { Trial } from '../../faults/trial.ts';
import type { Life } from '../one-life.ts';

/** Parts of the time that an undisturbed start takes. */
const PARTS = { 'at once': 0, 'after a quarter': 0.25, 'half way': 0.5, 'after three quarters': 0.75 };
const UNDISTURBED = 'an undisturbed start';
const LISTENING = 'as soon as it listens';
const READY = 'the moment it is ready';

const scenario: FaultScenario = {
  name: 'signal-while-starting',
  group: 'signals',
  title: 'a stop signal during the start ends it, and the next start is none the worse',
  why: 'deploys overlap and health checks give up: a start that ignores the signal is killed, and one that stops half-way leaves locks and files that keep every later start down',
  fix: 'handle the stop signal before anything is opened, and let the shutdown release what had begun to start',
  modes: [1, 16, 17],
  important: true,
  cases: ({ service }) => [
    { name: UNDISTURBED, ends: 'clean', plain: true },
    ...Object.keys(PARTS).map((name) => ({ name, ends: 'early' as const })),
    ...(service.port === 'none' ? [] : [{ name: LISTENING, ends: 'early' as const }]),
    { name: READY, ends: 'clean' },
  ],
  async run(trial) {
    const { name } = trial.case;
    if (name === UNDISTURBED) return trial.stop(await trial.startReady());
    const life = await trial.start();
    if (name === READY) {
      await trial.becomeReady(life);
      await trial.signal(life);
      trial.struck('sent in the moment in which it was first seen to be ready');
    } else {
      const startedAtMs = performance.now();
      const came = await waitForMoment(trial, life, startedAtMs);
      await strikeUnready(trial, life, startedAtMs, came);
    }
    await trial.end(life);
  },
};
export default scenario;

/** @returns whether the moment came. */
async function waitForMoment(trial: Trial, life: Life, startedAtMs: number): Promise<boolean> {
  const { name } = trial.case;
  const { pid, port } = life.instance;
  if (name === LISTENING && port !== undefined) {
    const listens = () => (listensOn(pid, port) === true ? true : undefined);
    return (await trial.until(listens, trial.service.readyWithinMs, 'the service to listen')).met;
  }
  const afterMs = trial.readyAfterMs() * PARTS[name as keyof typeof PARTS];
  const isTime = () => (performance.now() - startedAtMs >= afterMs ? true : undefined);
  return (await trial.until(isTime, afterMs + 1_000, 'the moment of the signal')).met;
}

/** Sends the signal, and says that it struck when its moment came and the service was not ready just before. */
async function strikeUnready(trial: Trial, life: Life, startedAtMs: number, came: boolean): Promise<void> {
  const { name } = trial.case;
  // At once means before anything else, and as soon as it listens is what was waited for: nobody needs to be asked.
  const isCertain = name === 'at once' || name === LISTENING;
  const before = isCertain
    ? undefined
    : await life.instance.ready(deadlineIn(1, 'the service to be ready'), trial.context.signal);
  trial.demandAlive(life, 'while it was starting');
  await trial.signal(life);
  const afterMs = Math.round(performance.now() - startedAtMs);
  if (!came) return;
  if (before?.kind === 'ready') trial.moot(`it was ready already, ${afterMs} ms after its start`);
  else if (name === LISTENING)
    trial.struck(`sent when it had just begun to listen, ${afterMs} ms after its start`);
  else trial.struck(`sent ${afterMs} ms after the start of a service that was not ready`);
}
