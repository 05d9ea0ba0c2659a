/**
 * `shakedown judge RUN`: judges what a soak and the calls of the routes saw again, with other limits, without running
 * anything. Needs nothing but the run's folder. The verdicts of the other stages are carried over as they were.
 */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { judgeRoutes } from '../../checks/routes/judge-routes.ts';
import { CALLS_FILE, DOCUMENT_FILE } from '../../checks/routes/route-observations.ts';
import { ROUTE_CHECKS } from '../../checks/routes/ruling.ts';
import { type Config, configSchema, type Limits } from '../../harness/config.ts';
import { UsageError } from '../../harness/errors.ts';
import { loadConfig } from '../../harness/load-config.ts';
import { createMask } from '../../harness/mask.ts';
import { readRun, type StoredRun } from '../../harness/read-run.ts';
import { createRun, type Run } from '../../harness/run-store.ts';
import type { StageFiles } from '../../harness/stage.ts';
import { type StageName, STAGES, type Verdict, worstOf } from '../../harness/verdict.ts';
import {
  EXPLORE_CHECKS,
  EXPLORE_FILE,
  judgeExploration,
  KEPT_FILE,
} from '../../soak/explore/judge-exploration.ts';
import { FAULTS_FOLDER } from '../../soak/faults/history.ts';
import { OBSERVATIONS_FILE } from '../../soak/history.ts';
import { judgeHistory, SCENARIO_CHOSEN } from '../../soak/judge-history.ts';
import { JUDGES } from '../../soak/judge-list.ts';
import { MOODS_FILE } from '../../soak/moods/history.ts';
import { MOOD_CHECKS } from '../../soak/moods/mood-judges.ts';
import { FAULTS } from '../../soak/scenarios/fault-list.ts';
import { tabulateMoods, writeMoodTable } from '../../soak/moods/table.ts';
import { exitCodeOf } from '../exit-code.ts';
import type { ConfigOptions } from '../options.ts';
import { publish } from '../publish.ts';
import { describeRun } from '../run-facts.ts';
import { applyUnavailable, type StageResult } from '../run-stage.ts';
import { cutOffReason, storedResults } from './report.ts';

export interface JudgeOptions extends ConfigOptions {
  limit?: string[];
}

export async function judge(path: string, options: JudgeOptions): Promise<number> {
  const stored = readRun(path);
  const again = REJUDGED.filter(({ stage, records }) =>
    records.some((file) => existsSync(join(stored.folder, 'stages', stage, file))),
  );
  if (again.length === 0) {
    throw new UsageError(
      `${stored.folder} holds no observations of a soak or of routes: judge a run of \`gate\`, \`routes\` or \`soak\``,
    );
  }
  const config = await judgingConfig(stored, options);
  const run = createRun(
    dirname(stored.folder),
    describeRun({ command: 'judge', seed: stored.header.seed, projectRoot: stored.header.projectRoot }),
    config,
    createMask(process.env, config.secrets),
  );
  const before = storedResults(stored);
  const results: StoredResult[] = [];
  for (const stage of STAGES) {
    const rejudged = again.find((each) => each.stage === stage);
    const carried = before.find(({ name }) => name === stage);
    // A run that was cut off may have observations of a stage and no verdict yet.
    if (rejudged !== undefined) results.push(await judgeStage(stored, run, config, rejudged));
    else if (carried !== undefined) results.push(carryOver(run, carried));
  }
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

/** A stage whose record can be judged again. */
interface Rejudged {
  stage: StageName;
  /** Files of which one at least must be there. */
  records: readonly string[];
  /** What its judges say, by check; everything else was said by the gate, and stays. */
  checks: readonly string[];
  judge(files: StageFiles, config: Config): Promise<Verdict[]>;
}

const REJUDGED: readonly Rejudged[] = [
  { stage: 'routes', records: [CALLS_FILE], checks: ROUTE_CHECKS, judge: judgeCalls },
  {
    stage: 'soak',
    records: [OBSERVATIONS_FILE, MOODS_FILE, FAULTS_FOLDER, EXPLORE_FILE, KEPT_FILE],
    checks: [
      ...JUDGES.map(({ id }) => id),
      ...MOOD_CHECKS,
      ...EXPLORE_CHECKS,
      ...FAULTS.map(({ name }) => name),
      SCENARIO_CHOSEN,
    ],
    judge: judgeSoak,
  },
];

type StoredResult = Omit<StageResult, 'usageError'>;

function carryOver(run: Run, before: StoredResult): StoredResult {
  for (const verdict of before.verdicts) run.recordVerdict(verdict);
  return before;
}

async function judgeStage(
  stored: StoredRun,
  run: Run,
  config: Config,
  { stage, checks, judge: judgeFiles }: Rejudged,
): Promise<StoredResult> {
  const files = run.stageFiles(stage);
  cpSync(join(stored.folder, 'stages', stage), files.folder, {
    recursive: true,
    filter: (file) => !file.endsWith('verdicts.ndjson'),
  });
  const startedAt = performance.now();
  const judged = await judgeFiles(files, config);
  const kept = stored.verdicts.filter(
    (verdict) => verdict.stage === stage && !checks.includes(verdict.check),
  );
  const verdicts = [...judged, ...kept].map((verdict) =>
    run.recordVerdict(applyUnavailable(verdict, config.unavailable)),
  );
  return {
    name: stage,
    outcome: worstOf(verdicts.map(({ outcome }) => outcome)),
    verdicts,
    durationMs: performance.now() - startedAt,
  };
}

/** The verdicts on what is in the folder; the table of moods is written anew. */
async function judgeSoak(files: StageFiles, config: Config): Promise<Verdict[]> {
  if (existsSync(join(files.folder, EXPLORE_FILE))) return judgeExploration(files.folder, config.limits);
  const table = await tabulateMoods(files.folder, config);
  if (table !== undefined) writeMoodTable(files, table);
  return judgeHistory(files.folder, config);
}

function judgeCalls(files: StageFiles, config: Config): Promise<Verdict[]> {
  const document = join(files.folder, DOCUMENT_FILE);
  return judgeRoutes(
    readFileSync(join(files.folder, CALLS_FILE), 'utf8'),
    existsSync(document) ? readFileSync(document, 'utf8') : undefined,
    config,
  );
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
