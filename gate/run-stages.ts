/**
 * Runs the stages in order. Companions are started before the first stage that runs the service and stopped after the
 * last, whatever becomes of them. Called by `execute-run.ts`.
 */
import { fillAddresses } from '../harness/companions/placeholders.ts';
import type { Run } from '../harness/run-store.ts';
import type { Stage, StageContext } from '../harness/stage.ts';
import { countOutcomes, createVerdict, STAGES, type StageName } from '../harness/verdict.ts';
import type { CompanionsStage, CompanionsStart } from './companions-stage.ts';
import { runStage, type StageResult } from './run-stage.ts';

const ORDER: readonly StageName[] = STAGES;

/** The stages that start the service, and so need its companions. */
export const SERVICE_STAGES: readonly StageName[] = ['routes', 'soak'];

export interface StageWork {
  stages: Stage[];
  /** Starts before the first of the {@link SERVICE_STAGES}; absent where none is wanted. */
  companions: CompanionsStage | undefined;
  run: Run;
  /** What every stage is given; files and verdicts are added for each. */
  context: Omit<StageContext, 'files' | 'verdict' | 'companions'>;
}

interface Underway {
  start: CompanionsStart;
  result: Promise<StageResult>;
}

/** @returns the results in the order of {@link STAGES}; fewer than stages when it was interrupted or used wrongly. */
export async function runStages(work: StageWork): Promise<StageResult[]> {
  const results: StageResult[] = [];
  let underway: Underway | undefined;
  const note = (result: StageResult): void => {
    results.push(result);
    work.context.progress.note(stageLine(result));
  };
  try {
    for (const stage of withCompanions(work)) {
      if (work.context.signal.aborted || results.some(({ usageError }) => usageError)) break;
      if (stage === work.companions) {
        underway = await beginCompanions(work, work.companions);
        // A configuration that cannot be right ends the run as it does anywhere else.
        if (!underway.start.ready) note(await endCompanions(work, underway));
        continue;
      }
      note(await runOne(work, canRun(stage, underway) ? stage : notRun(stage, underway), underway));
    }
  } finally {
    if (underway?.start.ready === true) note(await endCompanions(work, underway));
  }
  return results.sort((a, b) => ORDER.indexOf(a.name) - ORDER.indexOf(b.name));
}

/** The companions begin just before the first stage that needs them, or last when only they were asked for. */
function withCompanions({ stages, companions }: StageWork): Stage[] {
  if (companions === undefined) return stages;
  const first = stages.findIndex(({ name }) => SERVICE_STAGES.includes(name));
  return first < 0 ? [...stages, companions] : stages.toSpliced(first, 0, companions);
}

async function beginCompanions(work: StageWork, companions: CompanionsStage): Promise<Underway> {
  const result = runOne(work, companions, undefined);
  // Should the stage end before it could say how it started, its result says why.
  const ended = result.then(({ reason }): CompanionsStart => ({
    ready: false,
    reason: reason ?? 'they ended',
  }));
  return { start: await Promise.race([companions.started, ended]), result };
}

function endCompanions({ companions }: StageWork, { result }: Underway): Promise<StageResult> {
  companions?.release();
  return result;
}

function runOne(work: StageWork, stage: Stage, underway: Underway | undefined): Promise<StageResult> {
  const { run, context } = work;
  context.progress.status(`${stage.name} ...`);
  const addresses = underway?.start.ready === true ? underway.start.addresses : undefined;
  const inService = addresses !== undefined && SERVICE_STAGES.includes(stage.name);
  return runStage(stage, run, (record) => ({
    ...context,
    ...(inService ? { config: fillAddresses(context.config, addresses), companions: addresses } : {}),
    files: run.stageFiles(stage.name),
    verdict: record,
  }));
}

function canRun(stage: Stage, underway: Underway | undefined): boolean {
  return underway === undefined || underway.start.ready || !SERVICE_STAGES.includes(stage.name);
}

/** In the place of a stage whose service would run without what it depends on: its failures would say nothing. */
function notRun({ name }: Stage, underway: Underway | undefined): Stage {
  const reason = underway?.start.ready === false ? underway.start.reason : 'the companions do not run';
  return {
    name,
    plan: () => ({ checks: [] }),
    run: async (context) =>
      context.verdict(
        createVerdict({
          stage: name,
          check: 'stage-completed',
          subject: name,
          outcome: 'unknown',
          message: `the stage was not run: ${reason}`,
          startedAt: new Date().toISOString(),
        }),
      ),
  };
}

function stageLine(result: StageResult): string {
  const counts = countOutcomes(result.verdicts);
  const shown = Object.entries(counts).filter(([, count]) => count > 0);
  const seconds = (result.durationMs / 1000).toFixed(1);
  return `${result.name}: ${result.outcome} (${shown.map(([outcome, count]) => `${count} ${outcome}`).join(', ')}) in ${seconds} s`;
}
