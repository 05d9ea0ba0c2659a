/**
 * The machine test: from nothing to a verified service, through restarts, upgrades, bad releases and a reboot, to
 * nothing. For each suite one fresh machine and the steps of `steps.ts` in order. Run by `shakedown machine test`.
 */
import { errorText } from '../../harness/errors.ts';
import type { Stage, StageContext } from '../../harness/stage.ts';
import { createVerdict, type Outcome, worstOf } from '../../harness/verdict.ts';
import { NoMachineError } from './host.ts';
import { type Machine, openMachine } from './machine.ts';
import { MACHINE_UP as UP, type Suite } from './places.ts';
import type { Releases } from './releases.ts';
import { createStand } from './stand.ts';
import { type Finding, type Memory, type Step, Unmet } from './step.ts';

export interface MachineTest {
  suites: readonly Suite[];
  steps: readonly Step[];
  releases(): Releases;
  /** Opens the machine of a suite; {@link openMachine} when left out. */
  open?: typeof openMachine;
}

const GONE = 'nothing-left';

export function machineStage(test: MachineTest): Stage {
  return {
    name: 'deployment',
    plan: () => ({ checks: [UP, ...test.steps.map(({ id }) => id), GONE] }),
    run: async (context) => {
      using releases = test.releases();
      for (const suite of test.suites) {
        if (context.signal.aborted) return;
        await testSuite({ context, suite, releases, steps: test.steps, open: test.open ?? openMachine });
      }
    },
  };
}

interface SuiteTest {
  context: StageContext;
  suite: Suite;
  releases: Releases;
  steps: readonly Step[];
  open: typeof openMachine;
}

async function testSuite(test: SuiteTest): Promise<void> {
  const { context, suite } = test;
  const since = startClock();
  let machine: Machine;
  try {
    machine = await test.open({ suite, progress: context.progress.note });
  } catch (error) {
    giveNoMachine(test, since, error);
    return;
  }
  const upMs = Math.round(since.elapsedMs());
  give(test, UP, since, {
    outcome: 'pass',
    message: `${suite} with a systemd of its own was up after ${upMs} ms`,
  });
  try {
    await runSteps(test, machine);
  } finally {
    await endMachine(test, machine);
  }
}

/** What rests on a machine that cannot be had is as unknown as that, and skipped where that was declared. */
function giveNoMachine(test: SuiteTest, since: Clock, error: unknown): void {
  const cannotBeHad = error instanceof NoMachineError;
  const why = test.context.config.unavailable[`deployment/${UP}`];
  give(test, UP, since, { outcome: cannotBeHad ? 'unknown' : 'fail', message: errorText(error) });
  const rest: Finding =
    cannotBeHad && why !== undefined
      ? { outcome: 'skip', message: `declared unavailable: ${why} (there was no machine to see it on)` }
      : { outcome: 'unknown', message: 'there was no machine to see it on' };
  for (const check of [...test.steps.map(({ id }) => id), GONE]) give(test, check, startClock(), rest, UP);
}

async function runSteps(test: SuiteTest, machine: Machine): Promise<void> {
  const { context, suite, releases, steps } = test;
  const outcomes = new Map<string, Outcome>();
  const memory: Memory = {};
  for (const step of steps) {
    if (context.signal.aborted) return;
    const since = startClock();
    const missing = step.needs.find((id) => outcomes.get(id) !== 'pass');
    if (missing !== undefined) {
      outcomes.set(step.id, 'unknown');
      const message = `${step.title}: not tried, as ${missing} did not pass`;
      give(test, step.id, since, { outcome: 'unknown', message }, missing);
      continue;
    }
    context.progress.status(`${suite}: ${step.id} ...`);
    const file = logFile(suite, step.id);
    const log = (text: string): void => context.files.appendText(file, `${text}\n`);
    log(`# ${suite}: ${step.title}`);
    const stand = createStand({ machine, releases, signal: context.signal, memory, log });
    const findings = await findingsOf(step, () => step.run(stand));
    for (const finding of findings) give(test, step.id, since, finding);
    outcomes.set(step.id, worstOf(findings.map(({ outcome }) => outcome)));
    context.progress.note(
      `${suite}: ${step.id}: ${outcomes.get(step.id)} in ${(since.elapsedMs() / 1000).toFixed(1)} s`,
    );
  }
}

/** A step that saw nothing is unknown, and so is one that broke. */
async function findingsOf(step: Step, run: () => Promise<Finding | Finding[]>): Promise<Finding[]> {
  try {
    const found = [await run()].flat();
    return found.length > 0
      ? found
      : [{ outcome: 'unknown', message: `${step.title}: the step saw nothing` }];
  } catch (error) {
    const message = `${step.title}: ${errorText(error)}`;
    if (!(error instanceof Unmet)) return [{ outcome: 'unknown', message: `the step broke: ${message}` }];
    return [{ outcome: 'fail', message, ...(error.fix === undefined ? {} : { fix: error.fix }) }];
  }
}

async function endMachine(test: SuiteTest, machine: Machine): Promise<void> {
  const since = startClock();
  try {
    const left = await machine.dispose();
    const seconds = (since.elapsedMs() / 1000).toFixed(1);
    give(
      test,
      GONE,
      since,
      left.length === 0
        ? {
            outcome: 'pass',
            message: `ended in ${seconds} s; no process, mount, cgroup, link or folder of the machine is left`,
          }
        : { outcome: 'fail', message: `left of the machine: ${left.join('; ')}` },
    );
  } catch (error) {
    give(test, GONE, since, { outcome: 'unknown', message: `the end was not seen: ${errorText(error)}` });
  }
}

const logFile = (suite: Suite, id: string): string => `${suite}-${id}.log`;

interface Clock {
  startedAt: string;
  elapsedMs(): number;
}

function startClock(): Clock {
  const from = performance.now();
  return { startedAt: new Date().toISOString(), elapsedMs: () => performance.now() - from };
}

function give(
  { context, suite, steps }: SuiteTest,
  check: string,
  since: Clock,
  { subject, ...finding }: Finding,
  because?: string,
): void {
  const evidence =
    because === undefined && steps.some(({ id }) => id === check)
      ? [context.files.evidence(logFile(suite, check))]
      : [];
  context.verdict(
    createVerdict({
      stage: 'deployment',
      check,
      subject: subject === undefined ? suite : `${suite}: ${subject}`,
      ...finding,
      ...(because === undefined ? {} : { because }),
      startedAt: since.startedAt,
      durationMs: since.elapsedMs(),
      evidence,
    }),
  );
}
