/**
 * `shakedown judge RUN`: judges what a soak saw again, with other limits, without running anything. Needs nothing
 * but the run's folder. The verdicts of the other stages are carried over as they were.
 */
import { cpSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Config, configSchema, type Limits } from '../../harness/config.ts';
import { UsageError } from '../../harness/errors.ts';
import { loadConfig } from '../../harness/load-config.ts';
import { createMask } from '../../harness/mask.ts';
import { readRun, type StoredRun } from '../../harness/read-run.ts';
import { createRun } from '../../harness/run-store.ts';
import type { StageFiles } from '../../harness/stage.ts';
import { type Verdict, worstOf } from '../../harness/verdict.ts';
import { OBSERVATIONS_FILE } from '../../soak/history.ts';
import { judgeHistory } from '../../soak/judge-history.ts';
import { JUDGES } from '../../soak/judge-list.ts';
import { MOODS_FILE } from '../../soak/moods/history.ts';
import { MOOD_CHECKS } from '../../soak/moods/mood-judges.ts';
import { tabulateMoods, writeMoodTable } from '../../soak/moods/table.ts';
import { exitCodeOf } from '../exit-code.ts';
import type { ConfigOptions } from '../options.ts';
import { publish } from '../publish.ts';
import { describeRun } from '../run-facts.ts';
import { applyUnavailable } from '../run-stage.ts';
import { cutOffReason, storedResults } from './report.ts';

export interface JudgeOptions extends ConfigOptions {
  limit?: string[];
}

export async function judge(path: string, options: JudgeOptions): Promise<number> {
  const stored = readRun(path);
  const soakFolder = join(stored.folder, 'stages', 'soak');
  if (![OBSERVATIONS_FILE, MOODS_FILE].some((file) => existsSync(join(soakFolder, file)))) {
    throw new UsageError(
      `${stored.folder} holds no observations of a soak: judge a run of \`gate\` or \`soak\``,
    );
  }
  const config = await judgingConfig(stored, options);
  const run = createRun(
    dirname(stored.folder),
    describeRun({ command: 'judge', seed: stored.header.seed, projectRoot: stored.header.projectRoot }),
    config,
    createMask(process.env, config.secrets),
  );
  cpSync(soakFolder, run.stageFiles('soak').folder, {
    recursive: true,
    filter: (file) => !file.endsWith('verdicts.ndjson'),
  });
  const startedAt = performance.now();
  const judged = await judgeSoak(run.stageFiles('soak'), config);
  const results = storedResults(stored).filter(({ name }) => name !== 'soak');
  for (const verdict of results.flatMap(({ verdicts }) => verdicts)) run.recordVerdict(verdict);
  const verdicts = [...judged, ...stageVerdicts(stored)].map((verdict) =>
    run.recordVerdict(applyUnavailable(verdict, config.unavailable)),
  );
  results.push({
    name: 'soak',
    outcome: worstOf(verdicts.map(({ outcome: each }) => each)),
    verdicts,
    durationMs: performance.now() - startedAt,
  });
  const cutOff = stored.state === 'finished' ? undefined : cutOffReason(stored);
  const outcome = worstOf([
    ...results.map((result) => result.outcome),
    ...(cutOff === undefined ? [] : (['unknown'] as const)),
  ]);
  return publish({
    run,
    results,
    outcome,
    exitCode: exitCodeOf({ outcome, usageError: false }),
    ...(cutOff === undefined ? {} : { reason: cutOff }),
    problems: stored.damages,
    output: options,
    projectRoot: stored.header.projectRoot,
  });
}

/** The verdicts on what is in the folder; the table of moods is written anew. */
async function judgeSoak(files: StageFiles, config: Config): Promise<Verdict[]> {
  const table = await tabulateMoods(files.folder, config);
  if (table !== undefined) writeMoodTable(files, table);
  return judgeHistory(files.folder, config);
}

/** What the gate said about the soak itself: that it crashed or was cut short does not change with the limits. */
function stageVerdicts(stored: StoredRun): Verdict[] {
  const judges = new Set([...JUDGES.map(({ id }) => id), ...MOOD_CHECKS, 'scenario-chosen']);
  return stored.verdicts.filter(({ stage, check }) => stage === 'soak' && !judges.has(check));
}

/** The limits of the run, those of another configuration when one is named, and single limits on top. */
async function judgingConfig(stored: StoredRun, options: JudgeOptions): Promise<Config> {
  const other =
    options.config === undefined ? undefined : (await loadConfig(process.cwd(), options.config)).config;
  const base =
    other === undefined ? stored.config : { ...stored.config, limits: other.limits, logs: other.logs };
  const limits = {
    ...base.limits,
    ...Object.fromEntries((options.limit ?? []).map((text) => parseLimit(text, base.limits))),
  };
  const result = configSchema.safeParse({ ...base, limits });
  if (result.success) return result.data;
  throw new UsageError(
    `--limit: ${result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
  );
}

function parseLimit(text: string, known: Limits): [string, number] {
  const [, key = '', value = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (!(key in known))
    throw new UsageError(`--limit ${text}: expected KEY=NUMBER with one of ${Object.keys(known).join(', ')}`);
  if (!Number.isFinite(Number(value))) throw new UsageError(`--limit ${text}: ${value} is no number`);
  return [key, Number(value)];
}
