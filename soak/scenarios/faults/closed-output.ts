/** Whoever reads the service's output has gone, or the disk under it is full. */
import { descendantsOf, readStat } from '../../../harness/supervisors/proc.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import { needsPort } from '../../faults/clients.ts';
import { busyMs, readerCommand } from '../../faults/output.ts';
import { observed } from '../../judges/judge.ts';
import type { Trial } from '../../faults/trial.ts';
import type { Life } from '../one-life.ts';

const GONE = 'the reader of its output has gone';
const FULL = 'the disk under its log is full';
const HOLD_MS = 1_500;
const ASKED = 20;
/** Of the time in which nothing is asked of it. */
const BUSY_SHARE = 0.9;

const scenario: FaultScenario = {
  name: 'closed-output',
  group: 'host',
  title: 'it goes on working, and stops in order, when its output can no longer be written',
  why: 'a log collector that is restarted, or a full disk, turns every line into an error: a service that logs that error logs for ever, one that does not expect it dies',
  fix: 'listen for errors of process.stdout and process.stderr, and let lines be lost; never log that a line could not be logged',
  modes: [40],
  important: false,
  logless: 'its output goes elsewhere, which is the fault',
  doesNotApply: needsPort,
  cannotRun: ({ hasProc }) => (hasProc ? undefined : 'there is no /proc to see the reader go'),
  cases: () => [
    { name: GONE, ends: 'any' },
    { name: FULL, ends: 'any' },
  ],
  async run(trial) {
    const { name } = trial.case;
    const way = name === GONE ? 'reader' : 'full';
    if (name === FULL && 'log' in trial.service.readiness) {
      trial.moot('that it is ready is told by its log alone, which then says nothing');
      return trial.stop(await trial.startReady());
    }
    const nodePath = await trial.context.nodePath();
    const other = trial.other(way, (service) => ({
      ...service,
      command: readerCommand(way, service.command, nodePath),
    }));
    const life = await other.startReady();
    if (name === GONE) await sendReaderAway(other, life);
    for (let count = 0; count < ASKED; count += 1) await other.askReadiness(life, 'without an output');
    other.demandAlive(life, 'without an output');
    const before = busyMs(life.instance.pid);
    const heldFrom = performance.now();
    await other.hold(HOLD_MS);
    const share = (busyMs(life.instance.pid) - before) / (performance.now() - heldFrom);
    trial.measured('busyShare', share);
    if (name === FULL) trial.struck('its standard output and error were /dev/full, which takes no byte');
    other.demandAlive(life, 'without an output');
    await other.stop(life);
  },
  judge: (history) =>
    observed(history, 'moot').length > 0 ? [] : [...judgeReadiness(history), ...judgeShare(history)],
};
export default scenario;

/** Its reader is told to go: whatever is written after that fails. */
async function sendReaderAway(trial: Trial, life: Life): Promise<void> {
  const reader = descendantsOf(life.instance.pid).find(({ command }) => command === 'cat')?.pid;
  if (reader === undefined) return;
  process.kill(reader, 'SIGKILL');
  const isGone = (): true | undefined => {
    const state = readStat(reader)?.state;
    return state === undefined || state === 'Z' ? true : undefined;
  };
  const waited = await trial.until(isGone, 1_000, 'the reader to go');
  if (waited.met) trial.struck(`pid ${reader}, the only reader of its output, had gone`);
}

function judgeReadiness(history: Parameters<NonNullable<FaultScenario['judge']>>[0]) {
  const asked = observed(history, 'readiness-asked');
  const notAsked = asked.find((each) => each.notAsked !== undefined)?.notAsked;
  if (notAsked !== undefined) return [{ outcome: 'skip' as const, message: notAsked }];
  const wrong = asked.find(({ ready }) => !ready);
  return wrong === undefined
    ? []
    : [{ outcome: 'fail' as const, message: `not ready without an output: ${wrong.reason}` }];
}

function judgeShare(history: Parameters<NonNullable<FaultScenario['judge']>>[0]) {
  const share = observed(history, 'measured').find(({ what }) => what === 'busyShare')?.value;
  // What is no number is written down as null.
  if (share === undefined || !Number.isFinite(share ?? Number.NaN))
    return [{ outcome: 'unknown' as const, message: 'how busy it was is not on record' }];
  const percent = Math.round(share * 100);
  return share > BUSY_SHARE
    ? [
        {
          outcome: 'fail' as const,
          message: `it was busy for ${percent} % of a time in which nothing was to be done`,
        },
      ]
    : [{ outcome: 'pass' as const, message: `busy for ${percent} % of the time` }];
}
