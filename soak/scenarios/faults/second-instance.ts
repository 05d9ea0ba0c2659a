/** A second one is started while the first one runs: on the same port, over the same files. */
import { deadlineIn } from '../../../harness/deadline.ts';
import { describeExit } from '../../faults/always.ts';
import type { ReadyAgain } from '../../faults/ask-again.ts';
import { needsPort } from '../../faults/clients.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import { folderOf, inFolder, portOfItsOwn } from '../../faults/places.ts';
import { REFUSAL_LINES, saysWhy } from '../../faults/refusals.ts';
import type { Trial } from '../../faults/trial.ts';
import { observed } from '../../judges/judge.ts';
import type { Instance } from '../../../harness/supervisors/supervisor.ts';
import { ScenarioAborted } from '../scenario.ts';

const FIRST = 'the first one';
const STILL_READY_MS = 5_000;

const scenario: FaultScenario = {
  name: 'second-instance',
  group: 'restart',
  title: 'a second start beside a running one fails, and does the first no harm',
  why: 'deploys overlap, and somebody starts it by hand: a second one that removes the lock, changes the data or ends the first before it fails to listen takes the service down',
  fix: 'take the port or a lock before anything is changed, and give up when it is taken',
  modes: [18],
  important: true,
  allow: REFUSAL_LINES,
  doesNotApply: needsPort,
  cases: () => [{ name: 'a second one beside it', ends: 'refused' }],
  async run(trial) {
    const port = await portOfItsOwn(trial);
    const folder = folderOf(trial, 'both');
    const first = await startFirst(inFolder(trial, FIRST, folder, port));
    const second = inFolder(trial, 'the second one', folder, port);
    const life = await second.start(true);
    if (first.exit() === undefined)
      trial.struck(`the first one, pid ${first.pid}, was ready when the second was started`);
    await second.refuse(life, () => lookAtFirst(trial, first));
  },
  judge: (history) => [
    ...judgeFirst(history),
    ...saysWhy(
      history,
      /EADDRINUSE|address already in use|\bport\b.*\b(taken|used?|busy|occupied|cannot|failed|not)\b|\block(ed)?\b|already running/i,
      'what is taken',
    ),
  ],
};
export default scenario;

/** The first one is there for the second: its own steps are not what is looked at. */
async function startFirst({ context, service }: Trial): Promise<Instance> {
  const first = await context.supervisor.start();
  const deadline = deadlineIn(service.readyWithinMs, 'the first one to be ready');
  const readiness = await first.ready(deadline, context.signal);
  if (readiness.kind !== 'ready')
    throw new ScenarioAborted(`the first one was not ready: ${readiness.reason}`);
  return first;
}

async function lookAtFirst(trial: Trial, first: Instance): Promise<void> {
  const { cycle } = trial.case;
  const before = first.exit();
  const answer: ReadyAgain =
    before === undefined
      ? await trial.whetherReady({ instance: first }, STILL_READY_MS)
      : { ready: false, reason: `it had ended (${describeExit(before)})` };
  trial.observe({ kind: 'readiness-asked', cycle, moment: FIRST, ready: false, ...answer });
  await first.signal(trial.service.stopSignal);
  await first.exited(deadlineIn(trial.service.exitWithinMs, 'the first one to exit'), trial.context.signal);
}

function judgeFirst(history: Parameters<NonNullable<FaultScenario['judge']>>[0]) {
  const asked = observed(history, 'readiness-asked')[0];
  if (asked === undefined)
    return [{ outcome: 'unknown' as const, message: 'the first one was not asked after that' }];
  if (asked.notAsked !== undefined) return [{ outcome: 'skip' as const, message: asked.notAsked }];
  return asked.ready
    ? [{ outcome: 'pass' as const, message: 'the first one was ready all the same' }]
    : [{ outcome: 'fail' as const, message: `the first one is no longer ready: ${asked.reason}` }];
}
