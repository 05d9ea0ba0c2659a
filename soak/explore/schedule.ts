/** A schedule as a file: what failed, in which steps, how often. Written by an exploration, read by `--replay` and kept-schedules. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { UsageError, errorText } from '../../harness/errors.ts';
import type { StageFiles } from '../../harness/stage.ts';
import type { Step } from '../../harness/observations/explore.ts';
import type { CaseFailure } from './judge-case.ts';
import { possibleSteps } from './steps.ts';

export const SCHEDULES_FOLDER = 'schedules';

const percent = z.number().min(0).max(1_000);
const milliseconds = z.number().min(0).max(60_000);
const step = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('start') }),
  z.strictObject({ do: z.literal('start-and-stop'), atPercent: percent }),
  z.strictObject({ do: z.literal('start-and-kill'), atPercent: percent }),
  z.strictObject({ do: z.literal('stop') }),
  z.strictObject({ do: z.literal('interrupt') }),
  z.strictObject({ do: z.literal('stop-twice'), gapPercent: percent }),
  z.strictObject({ do: z.literal('stop-and-interrupt'), gapPercent: percent }),
  z.strictObject({ do: z.literal('stop-and-kill'), gapPercent: percent }),
  z.strictObject({ do: z.literal('kill') }),
  z.strictObject({ do: z.literal('requests'), count: z.number().int().min(1).max(100) }),
  z.strictObject({ do: z.literal('freeze'), forMs: milliseconds }),
  z.strictObject({ do: z.literal('freeze-and-stop'), forMs: milliseconds }),
  z.strictObject({ do: z.literal('start-beside') }),
  z.strictObject({ do: z.literal('stop-and-start') }),
]) satisfies z.ZodType<Step>;

const schedule = z.strictObject({
  schedule: z.literal(1),
  signature: z.string().regex(/^[a-z0-9-]+$/),
  message: z.string(),
  service: z.string(),
  seed: z.number().int(),
  /** How often it failed when it was run again. */
  seen: z.number().int(),
  of: z.number().int(),
  cutShort: z.string().optional(),
  steps: z.array(step).min(1).max(50),
});
export type Schedule = z.output<typeof schedule>;

export function writeSchedule(
  files: Pick<StageFiles, 'write'>,
  found: Omit<Schedule, 'schedule'> & Partial<CaseFailure>,
): void {
  const { signature, message, service, seed, seen, of, cutShort, steps } = found;
  const whole: Schedule = {
    schedule: 1,
    ...{
      signature,
      message,
      service,
      seed,
      seen,
      of,
      ...(cutShort === undefined ? {} : { cutShort }),
      steps,
    },
  };
  files.write(`${SCHEDULES_FOLDER}/${signature}.json`, `${JSON.stringify(whole, null, 2)}\n`);
}

/** @throws UsageError when the file is no schedule, or one that cannot be carried out. */
export function readSchedule(path: string): Schedule {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path} cannot be read as a schedule: ${errorText(error)}`);
  }
  const parsed = schedule.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(
      `${path} is no schedule of an exploration: ${issue?.path.join('.')}: ${issue?.message}`,
    );
  }
  if (possibleSteps(parsed.data.steps).length < parsed.data.steps.length)
    throw new UsageError(`${path} has steps that cannot follow one another: a stop needs a start before it`);
  return parsed.data;
}
