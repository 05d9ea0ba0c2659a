/**
 * Runs one stage and holds it to its promise: every planned check ends in a verdict, a crash is unknown,
 * silence is unknown. Called by `run-stages.ts` for each stage in turn.
 */
import { errorText, UsageError } from '../harness/errors.ts';
import { RoomOver } from '../harness/run-room.ts';
import type { Run } from '../harness/run-store.ts';
import type { Stage, StageContext } from '../harness/stage.ts';
import { createVerdict, type Outcome, type Verdict, worstOf } from '../harness/verdict.ts';

/** What became of a stage. */
export interface StageResult {
  name: Stage['name'];
  outcome: Outcome;
  verdicts: Verdict[];
  durationMs: number;
  reason?: string;
  /** The stage found the configuration or the call to be wrong. */
  usageError: boolean;
}

export type ContextFor = (record: (verdict: Verdict) => void) => StageContext;

export async function runStage(stage: Stage, run: Run, contextFor: ContextFor): Promise<StageResult> {
  const verdicts: Verdict[] = [];
  const startedAt = performance.now();
  let context: StageContext | undefined;
  const record = (verdict: Verdict): void => {
    const final = context === undefined ? verdict : applyUnavailable(verdict, context.config.unavailable);
    verdicts.push(run.recordVerdict(final));
  };
  let reason: string | undefined;
  let usageError = false;
  try {
    context = contextFor(record);
    await stage.run(context);
  } catch (error) {
    usageError = error instanceof UsageError;
    reason = errorText(error);
    const isToldPlainly = usageError || isRoomOver(error);
    record(brokenStage(stage, isToldPlainly ? reason : `the stage crashed: ${crashText(error)}`));
  }
  if (context?.signal.aborted === true) {
    reason ??= errorText(context.signal.reason);
    if (worstOf(verdicts.map(({ outcome }) => outcome)) !== 'fail')
      record(brokenStage(stage, `the stage was cut short: ${reason}`));
  } else if (context !== undefined && reason === undefined) {
    for (const verdict of brokenPromises(stage, context, verdicts)) record(verdict);
  }
  return {
    name: stage.name,
    outcome: worstOf(verdicts.map(({ outcome }) => outcome)),
    verdicts,
    durationMs: performance.now() - startedAt,
    ...(reason === undefined ? {} : { reason }),
    usageError,
  };
}

/** Planned checks that ended without a verdict: each is unknown. */
function brokenPromises(stage: Stage, context: StageContext, verdicts: readonly Verdict[]): Verdict[] {
  const seen = new Set(verdicts.map(({ check }) => check));
  return stage
    .plan(context.config)
    .checks.filter((check) => !seen.has(check))
    .map((check) =>
      createVerdict({
        stage: stage.name,
        check,
        subject: 'planned',
        outcome: 'unknown',
        message: `${stage.name}/${check} was planned and gave no verdict`,
        fix: 'this is a fault of shakedown or of a stage that ended early: look at the verdicts around it',
        startedAt: new Date().toISOString(),
      }),
    );
}

function brokenStage(stage: Stage, message: string): Verdict {
  return createVerdict({
    stage: stage.name,
    check: 'stage-completed',
    subject: stage.name,
    outcome: 'unknown',
    message,
    startedAt: new Date().toISOString(),
  });
}

/** What could not be seen here and was declared so beforehand, with a reason, is skipped and listed. */
export function applyUnavailable(verdict: Verdict, unavailable: Record<string, string>): Verdict {
  const why = unavailable[`${verdict.stage}/${verdict.check}`];
  if (verdict.outcome !== 'unknown' || why === undefined) return verdict;
  return { ...verdict, outcome: 'skip', message: `declared unavailable: ${why} (${verdict.message})` };
}

/** A full disk is no fault of the program: where it was noticed says nothing. */
function isRoomOver(error: unknown): boolean {
  return error instanceof RoomOver || (error instanceof Error && error.cause instanceof RoomOver);
}

function crashText(error: unknown): string {
  return error instanceof Error && error.stack !== undefined
    ? error.stack.split('\n').slice(0, 4).join(' ')
    : errorText(error);
}
