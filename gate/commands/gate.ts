/** `shakedown gate`: every stage in order, the whole promise. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { routesStage } from '../../checks/routes/routes-stage.ts';
import { sourceStage } from '../../checks/source/source-stage.ts';
import type { Config } from '../../harness/config.ts';
import { UsageError } from '../../harness/errors.ts';
import type { Run } from '../../harness/run-store.ts';
import type { Stage } from '../../harness/stage.ts';
import { type StageName, STAGES, type Verdict } from '../../harness/verdict.ts';
import { soakStage } from '../../soak/soak-stage.ts';
import { type AnalysedFile, judgeAnalysedIsRun } from '../analysed-is-run.ts';
import { executeRun } from '../execute-run.ts';
import { demandKnownRules, demandPlannedChecks } from '../known-names.ts';
import { openConfig } from '../open-config.ts';
import type { RunOptions } from '../options.ts';
import { preflightStage } from '../preflight-stage.ts';
import type { StageResult } from '../run-stage.ts';

export interface GateOptions extends RunOptions {
  stage?: StageName[];
}

export async function gate(options: GateOptions): Promise<number> {
  return openConfig('gate', options, (loaded) => {
    const { config, projectRoot } = loaded;
    requireService(config);
    const chosen = new Set(options.stage ?? STAGES);
    const declined = declinedStages(config, chosen);
    const stages = allStages(declined).filter(
      ({ name }) => chosen.has(name) && !declined.some(({ stage }) => stage === name),
    );
    demandKnownRules(config);
    demandPlannedChecks(config, allStages([]));
    return executeRun({
      command: 'gate',
      loaded,
      stages,
      options,
      conclude: (run, results) => concludeGate(run, results, config, projectRoot),
    });
  });
}

function allStages(declined: { stage: string; why: string }[]): Stage[] {
  return [preflightStage(declined), sourceStage, routesStage, soakStage];
}

/** The stages that do not run, each with whose wish that is. */
function declinedStages(config: Config, chosen: Set<StageName>): { stage: StageName; why: string }[] {
  return STAGES.flatMap((stage) => {
    if (!chosen.has(stage)) return [{ stage, why: 'left out by --stage' }];
    if (stage === 'routes' && config.routes === false)
      return [{ stage, why: 'routes: false in the configuration' }];
    return [];
  });
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
