/**
 * Runs one fault scenario: each of its cases in turn, then a plain start and stop on what they left behind. It only
 * observes; a case that goes wrong ends by itself. Called by the soak stage.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceConfig } from '../../harness/config.ts';
import { deadlineIn } from '../../harness/deadline.ts';
import { errorText } from '../../harness/errors.ts';
import type { FaultCase } from '../../harness/observation.ts';
import type { StageContext } from '../../harness/stage.ts';
import { findOwnNode } from '../../harness/supervisors/own-node.ts';
import { createProcessSupervisor } from '../../harness/supervisors/process.ts';
import type { Instance, Supervisor } from '../../harness/supervisors/supervisor.ts';
import { createRecorder, type Recorder } from '../recorder.ts';
import { demandUninterrupted, ScenarioAborted } from '../scenarios/scenario.ts';
import type { FaultConfig, FaultScenario } from './fault.ts';
import { FAULTS_FOLDER, logOf, recordOf } from './history.ts';
import { lookAtHost } from './host-abilities.ts';
import { Trial, type TrialContext } from './trial.ts';

/** The plain start and stop after the cases of every scenario. */
export const NEXT_START = 'the next start';
const KILL_MS = 3_000;

export async function runFault(
  context: StageContext,
  service: ServiceConfig,
  scenario: FaultScenario,
): Promise<void> {
  mkdirSync(join(context.files.folder, FAULTS_FOLDER), { recursive: true });
  const recorder = createRecorder(context.files, recordOf(scenario.name));
  const config: FaultConfig = { ...context.config, service, ...(await membersFor(scenario, context)) };
  const reason = whyNot(scenario, config);
  if (reason !== undefined) {
    recorder.observe({ kind: 'fault-not-run', scenario: scenario.name, ...reason });
    return;
  }
  const cases = numbered(scenario, config);
  const { name } = scenario;
  const listens = service.port !== 'none';
  recorder.observe({ kind: 'fault-planned', scenario: name, cases, listens, seed: context.seed });
  const workshop = openWorkshop(context, config, scenario, recorder);
  try {
    await runCases(workshop, scenario, cases);
    recorder.observe({ kind: 'scenario-finished', scenario: name, cycles: cases.length });
  } catch (error) {
    if (!(error instanceof ScenarioAborted))
      recorder.observe({ kind: 'harness-error', message: errorText(error) });
    recorder.observe({ kind: 'scenario-aborted', scenario: name, reason: errorText(error) });
    if (!(error instanceof ScenarioAborted)) throw error;
  } finally {
    await workshop.close();
  }
}

/** Looking into the source takes seconds: only for those that ask what it shows. */
async function membersFor(
  { group }: FaultScenario,
  { lifecycleMembers }: StageContext,
): Promise<Pick<FaultConfig, 'members'>> {
  if (group !== 'stop-faults' && group !== 'start-faults') return {};
  return lifecycleMembers === undefined ? {} : { members: await lifecycleMembers() };
}

function whyNot(
  scenario: FaultScenario,
  config: FaultConfig,
): { lacking: 'host' | 'service'; reason: string } | undefined {
  const meaningless = scenario.doesNotApply?.(config);
  if (meaningless !== undefined) return { lacking: 'service', reason: meaningless };
  const impossible = scenario.cannotRun?.(lookAtHost(), config);
  return impossible === undefined ? undefined : { lacking: 'host', reason: impossible };
}

/** The cases, numbered, and the next start. */
export function numbered(scenario: Pick<FaultScenario, 'cases'>, config: FaultConfig): FaultCase[] {
  const planned = [
    ...scenario.cases(config),
    { name: NEXT_START, ends: 'clean' as const, plain: true as const },
  ];
  return planned.map((one, index) => ({ cycle: index + 1, ...one }));
}

async function runCases(workshop: Workshop, scenario: FaultScenario, cases: FaultCase[]): Promise<void> {
  const { context, recorder } = workshop;
  for (const one of cases) {
    demandUninterrupted(context.signal);
    context.progress.status(`fault ${scenario.name}: ${one.name} (${one.cycle} of ${cases.length})`);
    recorder.observe({ kind: 'case-begun', cycle: one.cycle, name: one.name });
    try {
      const trial = new Trial(context, one);
      await (one.name === NEXT_START ? liveOnce(trial) : scenario.run(trial));
    } catch (error) {
      // A life that went wrong is on record; the next one is another matter.
      if (!(error instanceof ScenarioAborted) || context.signal.aborted) throw error;
      recorder.observe({ kind: 'case-aborted', cycle: one.cycle, reason: errorText(error) });
    } finally {
      await workshop.clear();
    }
    recorder.observe({ kind: 'case-ended', cycle: one.cycle });
  }
}

async function liveOnce(trial: Trial): Promise<void> {
  const life = await trial.startReady();
  await trial.stop(life);
}

type Release = () => void | Promise<void>;

interface Workshop {
  context: TrialContext;
  recorder: Recorder;
  /** Ends what a case has left running. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

function openWorkshop(
  context: StageContext,
  config: FaultConfig,
  scenario: FaultScenario,
  recorder: Recorder,
): Workshop {
  const supervisors: Watched[] = [];
  const releases: Release[] = [];
  const last: Release[] = [];
  const supervise = (service: ServiceConfig): Supervisor => {
    const watched = watch(createProcessSupervisor(context, service, logOf(scenario.name)));
    supervisors.push(watched);
    return watched.supervisor;
  };
  const clear = async (): Promise<void> => {
    for (const release of releases.splice(0).toReversed()) await release();
    for (const watched of supervisors) await watched.endRunning();
  };
  return {
    recorder,
    context: trialContext(context, config, {
      recorder,
      supervisor: supervise(config.service),
      supervise,
      atEnd: (release) => void releases.push(release),
      atLast: (release) => void last.push(release),
    }),
    clear,
    close: async () => {
      try {
        await clear();
      } finally {
        for (const { supervisor } of supervisors) await supervisor.dispose();
        for (const release of last.splice(0).toReversed()) await release();
      }
    },
  };
}

function trialContext(
  { signal, progress, conceal, seed, projectRoot, serviceEnvironment, companions = {} }: StageContext,
  { service, soak, limits, routes, members }: FaultConfig,
  own: Pick<TrialContext, 'recorder' | 'supervisor' | 'supervise' | 'atEnd' | 'atLast'>,
): TrialContext {
  return {
    ...own,
    service,
    load: soak.load,
    identities: routes ? routes.identities : {},
    conceal,
    webSocket: soak.faults.webSocket,
    database: soak.faults.database,
    companionAddresses: companions,
    cycles: 1,
    starts: { readyAfterMs: 0 },
    others: new Map(),
    folders: new Map(),
    proxies: [],
    ports: [],
    nodePath: async () =>
      (await findOwnNode(service.node, projectRoot, serviceEnvironment, 'service.node')).path,
    settleWithinMs: soak.settleWithinMs,
    portFreeWithinMs: limits.portFreeWithinMs,
    seed,
    projectRoot,
    uptime: soak.uptime,
    ...(members === undefined ? {} : { members }),
    undisturbed: { called: new Set(), lines: new Set() },
    progress,
    signal,
  };
}

interface Watched {
  supervisor: Supervisor;
  endRunning(): Promise<void>;
}

/** A supervisor whose running instance can be ended when a case has been broken off. */
function watch(supervisor: Supervisor): Watched {
  let last: Instance | undefined;
  return {
    supervisor: {
      ...supervisor,
      start: async (options) => (last = await supervisor.start(options)),
    },
    endRunning: async () => {
      if (last === undefined || last.exit() !== undefined) return;
      // One that was frozen hears nothing but this.
      await last.signal('SIGKILL');
      await last.exited(deadlineIn(KILL_MS, 'a killed service to end'));
      await supervisor.endSurvivors();
    },
  };
}
