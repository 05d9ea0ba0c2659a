/** The soak stage of `shakedown soak --explore`: lanes, budget, exploration, verdicts. Made by the command. */
import type { Config, RequestTemplate } from '../../harness/config.ts';
import { UsageError } from '../../harness/errors.ts';
import type { StepKind } from '../../harness/observations/explore.ts';
import type { Stage, StageContext } from '../../harness/stage.ts';
import { hasProc } from '../../harness/supervisors/proc.ts';
import { createRecorder, type Recorder } from '../recorder.ts';
import { explore } from './explore.ts';
import { EXPLORE_CHECKS, EXPLORE_FILE, judgeExploration } from './judge-exploration.ts';
import { openLane, type Lane } from './lane.ts';
import type { CaseSetting } from './run-case.ts';
import { STEP_KINDS } from './steps.ts';

export interface ExploreOptions {
  budgetMs: number;
  lanes: number;
  findings: number;
  /** It ends after so many cases; left out: with its budget. */
  cases?: number | undefined;
  /** How often a shrunk schedule is run again. */
  again?: number | undefined;
  /** Fewer cases with evidence prove nothing. */
  minCases: number;
}

export function exploreStage(options: ExploreOptions): Stage {
  return {
    name: 'soak',
    plan: () => ({ checks: [...EXPLORE_CHECKS] }),
    run: (context) => runExploration(context, options),
  };
}

async function runExploration(context: StageContext, options: ExploreOptions): Promise<void> {
  const { config, files, seed } = context;
  const service = demandProcess(config);
  const recorder = createRecorder(files, EXPLORE_FILE);
  const budget = AbortSignal.timeout(options.budgetMs);
  const setting = caseSetting(context, recorder, AbortSignal.any([context.signal, budget]));
  const kinds = kindsFor(setting.requests, service);
  const { lanes, findings, budgetMs, minCases } = options;
  recorder.observe({
    kind: 'exploration-planned',
    seed,
    budgetMs,
    lanes,
    minCases,
    kinds,
    stopSignal: service.stopSignal,
  });
  await withLanes(context, service, lanes, async (opened) => {
    const end = await explore({
      ...setting,
      lanes: opened,
      seed,
      kinds,
      findings,
      cases: options.cases,
      again: options.again,
      limits: config.limits,
      serviceName: service.name,
      files,
      progress: context.progress,
      interruption: context.signal,
    });
    recorder.observe({ kind: 'exploration-finished', ...end });
  });
  for (const verdict of judgeExploration(files.folder, config.limits)) context.verdict(verdict);
}

/** What every case of a run shares. */
export function caseSetting(context: StageContext, recorder: Recorder, signal: AbortSignal): CaseSetting {
  const { config } = context;
  return {
    observe: (fact) => recorder.observe(fact),
    requests: requestsOf(config),
    portFreeWithinMs: config.limits.portFreeWithinMs,
    logs: config.logs,
    signal,
  };
}

/** Opens so many lanes and disposes of each, whatever became of the others. */
export async function withLanes(
  context: StageContext,
  service: NonNullable<Config['service']>,
  count: number,
  use: (lanes: Lane[]) => Promise<void>,
): Promise<void> {
  if (count > 1 && typeof service.port === 'number')
    throw new UsageError(
      `--lanes ${count}: service.port is ${service.port}, and only one life can have it; expected 'auto'`,
    );
  const lanes: Lane[] = [];
  const taken = new Set<number>();
  try {
    for (let number = 1; number <= count; number += 1)
      lanes.push(await openLane(context, service, number, taken));
    await use(lanes);
  } finally {
    const ends = await Promise.allSettled(lanes.map((lane) => lane.dispose()));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }
}

/** Schedules start and kill the service at will: that is for a process of our own. @throws UsageError */
export function demandProcess({ service }: Config): NonNullable<Config['service']> {
  if (service === undefined)
    throw new UsageError('service: it is missing; expected how the service is started');
  if (service.supervisor !== 'process')
    throw new UsageError(
      `--explore and --replay start the service themselves: service.supervisor is '${service.supervisor}', expected 'process'`,
    );
  return service;
}

/** What can be asked without an identity; the readiness route where there is nothing else. */
function requestsOf({ soak: { load }, service }: Config): RequestTemplate[] {
  const asked = load ? load.requests.filter(({ as, method }) => as === undefined && method === 'GET') : [];
  if (asked.length > 0) return asked;
  if (service === undefined || service.port === 'none' || !('http' in service.readiness)) return [];
  const { http: path, status } = service.readiness;
  return [{ method: 'GET', path, headers: {}, expect: [status], weight: 1 }];
}

function kindsFor(
  requests: readonly RequestTemplate[],
  { port }: NonNullable<Config['service']>,
): StepKind[] {
  const all = Object.keys(STEP_KINDS) as StepKind[];
  // Without a port a second life is nobody's rival.
  const alone = port === 'none' ? (['start-beside', 'stop-and-start'] as StepKind[]) : [];
  // That it stood still must be seen.
  const unseen = hasProc() ? [] : (['freeze', 'freeze-and-stop'] as StepKind[]);
  const without = [...alone, ...unseen, ...(requests.length > 0 ? [] : (['requests'] as StepKind[]))];
  return all.filter((kind) => !without.includes(kind));
}
