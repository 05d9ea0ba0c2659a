/** `shakedown gate`: every stage in order, the whole promise. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deploymentStage } from '../../checks/deployment/deployment-stage.ts';
import { routesStage } from '../../checks/routes/routes-stage.ts';
import { sourceStage } from '../../checks/source/source-stage.ts';
import type { Config } from '../../harness/config.ts';
import { UsageError } from '../../harness/errors.ts';
import type { Run } from '../../harness/run-store.ts';
import type { Stage } from '../../harness/stage.ts';
import { type StageName, STAGES, type Verdict } from '../../harness/verdict.ts';
import { soakStage } from '../../soak/soak-stage.ts';
import { type AdoptionOptions, adoptingStage, openAdoption } from '../adoption/adopting-stage.ts';
import { type AnalysedFile, judgeAnalysedIsRun } from '../analysed-is-run.ts';
import { companionsStage } from '../companions-stage.ts';
import { chooseScenarios, findKeptSchedules, type ScenarioOptions } from '../choose-scenarios.ts';
import { executeRun } from '../execute-run.ts';
import { collectGiven, collectProgram } from '../given.ts';
import { demandKnownRules, demandPlannedChecks } from '../known-names.ts';
import { openConfig } from '../open-config.ts';
import type { RunOptions } from '../options.ts';
import { preflightStage } from '../preflight-stage.ts';
import type { StageResult } from '../run-stage.ts';
import { SERVICE_STAGES } from '../run-stages.ts';
import { applyTarget, type TargetOptions } from '../target/apply-target.ts';
import { verifyStage } from '../target/verify-stage.ts';

export interface GateOptions extends RunOptions, ScenarioOptions, AdoptionOptions, TargetOptions {
  stage?: StageName[];
}

export async function gate(options: GateOptions): Promise<number> {
  return openConfig('gate', options, (loaded) => {
    const { config, projectRoot } = loaded;
    const isTarget = applyTarget(config, options);
    requireService(config);
    demandCompanions(config, options);
    const chosen = new Set(options.stage ?? (isTarget ? TARGET_STAGES : STAGES));
    const declined = declinedStages(config, chosen, isTarget);
    const stages = allStages(declined, isTarget).filter(
      ({ name }) => chosen.has(name) && !declined.some(({ stage }) => stage === name),
    );
    demandKnownRules(config);
    demandPlannedChecks(config, [...allStages([]), companionsStage()]);
    findKeptSchedules(loaded);
    chooseScenarios(config, options);
    const adoption = openAdoption(options, loaded);
    return executeRun({
      command: 'gate',
      loaded,
      stages: stages.map((stage) =>
        READS_ONLY.has(stage.name) && !isTarget ? adoptingStage(stage, adoption) : stage,
      ),
      options,
      companionsAsked: options.stage?.includes('companions') === true,
      conclude: (run, results) => concludeGate(run, results, config, projectRoot),
    });
  });
}

/** Stages whose findings stand in files: what is known of them can be listed. */
const READS_ONLY: ReadonlySet<string> = new Set(['source', 'deployment']);

/** What is asked of a deployed unit; its sources are another matter. */
const TARGET_STAGES: readonly StageName[] = ['preflight', 'routes', 'soak', 'deployment'];

function allStages(declined: { stage: string; why: string }[], isTarget = false): Stage[] {
  if (isTarget) return [preflightStage(declined), routesStage, soakStage, verifyStage];
  return [
    preflightStage(declined),
    sourceStage(collectGiven),
    deploymentStage(collectProgram),
    routesStage,
    soakStage,
  ];
}

/** The stages that do not run, each with whose wish that is. */
function declinedStages(
  config: Config,
  chosen: Set<StageName>,
  isTarget: boolean,
): { stage: StageName; why: string }[] {
  const runsService = SERVICE_STAGES.some((stage) => chosen.has(stage) && !isOff(config, stage));
  return STAGES.flatMap((stage) => {
    if (stage === 'companions' && (config.companions.length === 0 || runsService)) return [];
    if (isTarget && !TARGET_STAGES.includes(stage))
      return [{ stage, why: 'the gate is about a unit that is deployed' }];
    if (!chosen.has(stage)) return [{ stage, why: 'left out by --stage' }];
    // What a target is verified by says nothing of files, and is not turned off with them.
    return isOff(config, stage) && !(isTarget && stage === 'deployment')
      ? [{ stage, why: `${stage}: false in the configuration` }]
      : [];
  });
}

function isOff({ routes, deployment }: Config, stage: StageName): boolean {
  return (stage === 'routes' && routes === false) || (stage === 'deployment' && deployment === false);
}

function demandCompanions({ companions }: Config, { stage }: GateOptions): void {
  if (companions.length > 0 || stage?.includes('companions') !== true) return;
  throw new UsageError(
    '--stage companions: the configuration has no "companions"; describe one, or leave it out',
  );
}

function requireService(config: Config): void {
  if (config.service !== undefined) return;
  throw new UsageError(
    [
      'a gate needs to know how the service is started: "service" is missing from the configuration. The least that works:',
      "  import { defineConfig } from 'shakedown';",
      '  export default defineConfig({',
      "    service: { command: ['node', 'server.js'], env: { PORT: '{port}' }, readiness: { http: '/health' } },",
      '    routes: false,',
      "    soak: { load: { requests: [{ path: '/health' }] } },",
      '  });',
    ].join('\n'),
  );
}

function concludeGate(run: Run, results: StageResult[], config: Config, projectRoot: string): Verdict[] {
  const ran = new Set(results.map(({ name }) => name));
  if (!ran.has('source') || !(ran.has('soak') || ran.has('routes'))) return [];
  const built = results.some(({ verdicts }) =>
    verdicts.some(({ check, outcome }) => check === 'build-ran' && outcome === 'pass'),
  );
  return [judgeAnalysedIsRun({ projectRoot, config, analysed: readAnalysed(run), built })];
}

function readAnalysed(run: Run): AnalysedFile[] | undefined {
  try {
    return JSON.parse(
      readFileSync(join(run.folder, 'stages', 'source', 'files.json'), 'utf8'),
    ) as AnalysedFile[];
  } catch {
    return undefined; // judged: no list is unknown
  }
}
