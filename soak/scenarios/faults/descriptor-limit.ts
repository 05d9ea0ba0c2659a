/** No descriptor is left: the limit of the process is drawn close, and clients take what there is. */
import { execFileSync } from 'node:child_process';
import { errorText } from '../../../harness/errors.ts';
import { descriptorTargets, readProcText } from '../../../harness/supervisors/proc.ts';
import { needsPort, openClient } from '../../faults/clients.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import { judgeReadyAgain } from '../../faults/ready-again.ts';
import type { Trial } from '../../faults/trial.ts';
import type { Life } from '../one-life.ts';
import { ScenarioAborted } from '../scenario.ts';

const SPARE = 6;
const CLIENTS = 40;
const HOLD_MS = 1_000;
const RECOVER_MS = 10_000;

const scenario: FaultScenario = {
  name: 'descriptor-limit',
  group: 'host',
  title: 'when no descriptor is left it stays up, and recovers when there are some again',
  why: 'a burst of clients uses up the limit: every file and connection then fails with EMFILE, also in places where nobody expects an error',
  fix: 'handle errors of every open and connect; let what failed be tried again later',
  modes: [37],
  important: false,
  doesNotApply: needsPort,
  cannotRun: ({ prlimit, hasProc }) =>
    prlimit && hasProc ? undefined : 'prlimit cannot change the limits of a process here',
  allow: [{ pattern: 'EMFILE|too many open files', reason: 'what the fault makes of every open' }],
  cases: () => [{ name: 'more clients than descriptors', ends: 'clean' }],
  async run(trial) {
    const life = await trial.startReady();
    const { pid } = life.instance;
    const open = descriptorTargets(pid).length;
    const before = softLimit(pid);
    limitDescriptors(trial, life, open + SPARE);
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => openClient(trial, life)));
    await noteExhaustion(trial, life, open + SPARE);
    await trial.hold(HOLD_MS);
    trial.demandAlive(life, 'without a descriptor left');
    for (const client of clients) client.socket.destroy();
    limitDescriptors(trial, life, before);
    await trial.awaitReadiness(life, RECOVER_MS, 'once there were descriptors again');
    await trial.stop(life);
  },
  judge: (history) => judgeReadyAgain(history, 'after there were descriptors again', RECOVER_MS),
};
export default scenario;

/** `1024`, or `unlimited`. */
function softLimit(pid: number): string {
  const text = readProcText(`/proc/${pid}/limits`) ?? '';
  const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
  if (soft === undefined) throw new ScenarioAborted('the limits of the process cannot be read');
  return soft;
}

/** The soft limit alone, which can be raised again. */
function limitDescriptors(trial: Trial, life: Life, limit: number | string): void {
  try {
    execFileSync('prlimit', ['--pid', String(life.instance.pid), `--nofile=${limit}:`], { stdio: 'pipe' });
  } catch (error) {
    trial.demandAlive(life, 'while its limit was changed');
    throw new ScenarioAborted(`its limit could not be changed: ${errorText(error)}`);
  }
}

async function noteExhaustion(trial: Trial, life: Life, limit: number): Promise<void> {
  let used = 0;
  const isFull = (): true | undefined => {
    used = Math.max(used, descriptorTargets(life.instance.pid).length);
    return used >= limit ? true : undefined;
  };
  const waited = await trial.until(isFull, 2_000, 'the descriptors to be used up');
  if (waited.met)
    trial.struck(`${used} of ${limit} descriptors were in use, and ${CLIENTS} clients had connected`);
}
