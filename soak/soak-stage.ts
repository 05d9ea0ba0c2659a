/**
 * The soak stage: restarts the service under load, runs it beside moody companions, lets faults strike it, then judges
 * what was seen.
 * Called by the gate.
 */
import type { Config } from '../harness/config.ts';
import type { ScenarioName } from '../harness/config/scenarios.ts';
import { UsageError } from '../harness/errors.ts';
import type { Stage, StageContext } from '../harness/stage.ts';
import { createProcessSupervisor } from '../harness/supervisors/process.ts';
import { openSupervisor } from '../harness/supervisors/open-supervisor.ts';
import { findFreePort } from '../harness/supervisors/ports.ts';
import { EXPLORE_CHECKS } from './explore/judge-exploration.ts';
import { replayKept } from './explore/replay.ts';
import { inLanes } from './faults/lanes.ts';
import { runFault } from './faults/run-faults.ts';
import { LOG_FILE } from './history.ts';
import { judgeHistory } from './judge-history.ts';
import { judgesOf } from './judge-list.ts';
import { allowances, forbiddenPatterns } from './log-patterns.ts';
import { cellLog } from './moods/cells.ts';
import { createMoodControl } from './moods/control.ts';
import { MOODS_FILE } from './moods/history.ts';
import { MOOD_CHECKS } from './moods/mood-judges.ts';
import { tabulateMoods, writeMoodTable } from './moods/table.ts';
import { createRecorder } from './recorder.ts';
import { demandKnown, scenariosOf } from './scenarios/chosen.ts';
import { runCompanionMoods } from './scenarios/companion-moods.ts';
import { insideOf } from './inside/inside-of.ts';
import { runRestartLoop } from './scenarios/restart-loop.ts';

export const soakStage: Stage = {
  name: 'soak',
  plan: (config) => ({ checks: config.service === undefined ? [] : plannedChecks(config) }),
  run: runSoak,
};

async function runSoak(context: StageContext): Promise<void> {
  const { config, files } = context;
  const service = demandService(config);
  demandPatterns(config);
  const { run } = scenariosOf(config.soak);
  demandKnown(config.soak.scenarios);
  for (const scenario of run.standard) await OBSERVE[scenario](context, service);
  // A port that is fixed can be had by one at a time.
  const lanes = typeof service.port === 'number' ? 1 : config.soak.faults.lanes;
  await inLanes(run.faults, lanes, async (fault) => {
    if (!context.signal.aborted) await runFault(context, service, fault);
  });
  // The limits apply to what is on disk: what cannot be read back later must not count now either.
  for (const verdict of await judgeHistory(files.folder, config)) context.verdict(verdict);
  const table = await tabulateMoods(files.folder, config);
  if (table !== undefined) writeMoodTable(files, table);
}

const OBSERVE = {
  'restart-loop': observeRestarts,
  'companion-moods': observeMoods,
  'kept-schedules': replayKept,
} as const satisfies Record<ScenarioName, unknown>;

/** The checks of the scenarios that run. */
function plannedChecks({ soak }: Config): string[] {
  const checks = {
    'restart-loop': judgesOf(soak).map(({ id }) => id),
    'companion-moods': MOOD_CHECKS,
    'kept-schedules': EXPLORE_CHECKS,
  } satisfies Record<ScenarioName, readonly string[]>;
  const { run } = scenariosOf(soak);
  return [...run.standard.flatMap((scenario) => checks[scenario]), ...run.faults.map(({ name }) => name)];
}

async function observeRestarts(
  context: StageContext,
  service: NonNullable<Config['service']>,
): Promise<void> {
  const { config } = context;
  const target = service.supervisor === 'systemd' ? config.target : undefined;
  const supervisor = await openSupervisor(context, service, LOG_FILE);
  try {
    await runRestartLoop({
      supervisor,
      service,
      load: config.soak.load,
      identities: config.routes ? config.routes.identities : {},
      conceal: context.conceal,
      companionPorts: new Set([...companionPortsOf(context), ...(target?.companionPorts ?? [])]),
      keptListener: target?.keptListener === true,
      ...portBehindProxy(target),
      ...insideOf(context, service),
      cycles: config.soak.cycles,
      settleWithinMs: config.soak.settleWithinMs,
      portFreeWithinMs: config.limits.portFreeWithinMs,
      seed: context.seed,
      recorder: createRecorder(context.files),
      progress: context.progress,
      signal: context.signal,
    });
  } finally {
    await supervisor.dispose();
  }
}

function companionPortsOf({ companions = {} }: StageContext): ReadonlySet<number> {
  const addresses = Object.values(companions).flatMap((ports) => Object.values(ports));
  return new Set(addresses.map((address) => Number(address.slice(address.lastIndexOf(':') + 1))));
}

/** Whether what answers at the target's url is another than the service, and where that listens. */
function portBehindProxy(target: Config['target']): { portBehindProxy?: number } {
  if (target?.port === undefined) return {};
  const { port } = new URL(target.url);
  return Number(port === '' ? 80 : port) === target.port ? {} : { portBehindProxy: target.port };
}

async function observeMoods(context: StageContext, service: NonNullable<Config['service']>): Promise<void> {
  const { config, files, signal } = context;
  const { moods } = config.soak;
  if (moods === undefined || signal.aborted) return;
  const addresses = context.companions?.[moods.companion];
  if (addresses === undefined)
    throw new Error(`the companion ${moods.companion} does not run: its moods cannot be set`);
  // One port for all lives: a free one that is chosen while a companion refuses might be the companion's.
  const port = service.port === 'auto' ? await findFreePort(service.host) : service.port;
  await runCompanionMoods({
    moods,
    service,
    control: createMoodControl(moods, addresses),
    supervise: (cell) => createProcessSupervisor(context, { ...service, port }, cellLog(cell)),
    identities: {},
    conceal: context.conceal,
    settleWithinMs: config.soak.settleWithinMs,
    portFreeWithinMs: config.limits.portFreeWithinMs,
    seed: context.seed,
    recorder: createRecorder(files, MOODS_FILE),
    progress: context.progress,
    signal,
  });
}

/** A pattern that is no regular expression is found before the service is started, not after minutes of soak. */
function demandPatterns({ logs }: Config): void {
  forbiddenPatterns(logs);
  allowances(logs);
}

function demandService({ service, soak }: Config): NonNullable<Config['service']> {
  if (service === undefined) {
    throw new UsageError(
      'service: it is missing; expected how the service is started and when it is ready: the soak restarts it',
    );
  }
  if (soak.load && service.port === 'none') {
    throw new UsageError(
      "soak.load: there is load, but service.port is 'none'; expected a port, or soak.load: false",
    );
  }
  return service;
}
