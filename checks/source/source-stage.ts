/**
 * The source stage: rules of real analysis over the sources of a service. `sourceStage` is run by the gate and by `check`.
 * What analyses is loaded only when no answer is kept.
 */
import path from 'node:path';
import type { Config } from '../../harness/config.ts';
import type { Progress, Stage, StageContext } from '../../harness/stage.ts';
import type { Finding } from './examine.ts';
import type { Given } from './given.ts';
import type { Graph } from './graph/graph.ts';
import type { LookedAt } from './result-cache/inputs.ts';
import { openResultCache } from './result-cache/result-cache.ts';
import type { AnyRule } from './rule.ts';
import { RULES } from './rules.ts';

export interface SourceCheck {
  /** Folder of the configuration, or where the command was called. */
  projectRoot: string;
  config: Pick<Config, 'source' | 'rules' | 'resources'>;
  signal?: AbortSignal;
  progress?: Progress;
  /** Folder for cached facts; nothing is cached without it. */
  cacheFolder?: string;
  /** Rules to run; all without it. */
  rules?: readonly AnyRule[];
  /** What stands beside the source, for the rules that need it. */
  given?: Given;
  /** Texts in the place of what is on the disk, by absolute path: what a fix would write. */
  texts?: ReadonlyMap<string, string>;
}

export interface SourceResult {
  verdicts: Finding[];
  /** Everything that was analysed; the hash is sha256 of the content. */
  files: { path: string; hash: string }[];
  /** Said once about the whole: entries, missing types, unresolved calls. */
  notes: string[];
  /** What the answer depends on beside the tree. */
  looked: LookedAt;
  /** What the rules saw; absent where there was nothing to see. */
  graph?: Graph;
}

/** Analyses, whatever is kept. */
export async function checkSource(check: SourceCheck): Promise<SourceResult> {
  const { analyse } = await import('./analyse.ts');
  return analyse(check);
}

/** What is kept of a result: all but the graph, which is not asked for again. */
type Kept = Omit<SourceResult, 'graph'>;

export interface Answer extends Kept {
  /** When it was found, for an answer that is given again because nothing changed since; ISO 8601, UTC. */
  keptSince?: string;
}

/** The kept answer while nothing that it depends on has changed, else a new one. `written`: folders that a run writes. */
export async function answerFor(check: SourceCheck, written: readonly string[] = []): Promise<Answer> {
  const { projectRoot, config, cacheFolder } = check;
  if (cacheFolder === undefined || check.texts !== undefined) return checkSource(check);
  const startedAt = new Date().toISOString();
  check.progress?.status('comparing with the last analysis');
  const cache = openResultCache<Kept>({
    folder: cacheFolder,
    projectRoot,
    root: path.resolve(projectRoot, config.source.root),
    written: [...written, cacheFolder],
    settings: [
      config.source,
      config.rules,
      config.resources,
      (check.rules ?? RULES).map(({ id }) => id),
      check.given ?? {},
    ],
  });
  if (cache.kept) return { ...restamped(cache.kept.result, startedAt), keptSince: cache.kept.analysedAt };
  const { graph: _graph, ...result } = await checkSource(check);
  cache.keep(result, result.looked, startedAt);
  return result;
}

/** The verdicts hold now: that is what comparing has shown. */
const restamped = (result: Kept, startedAt: string): Kept => ({
  ...result,
  verdicts: result.verdicts.map((each) => ({ ...each, startedAt })),
});

function plannedChecks(chosen: readonly AnyRule[]): string[] {
  return ['parsed', 'followed', ...chosen.map((each) => each.id)];
}

/**
 * @param givenOf what stands beside the source, found by whoever runs the stage.
 * @param rules those that run; all of them when left out.
 * @param told is told the answer, by whoever wants to know what it depends on.
 */
export function sourceStage(
  givenOf: (context: StageContext) => Given = () => ({}),
  rules: readonly AnyRule[] = RULES,
  told: (answer: Answer) => void = () => undefined,
): Stage {
  return {
    name: 'source',
    plan: () => ({ checks: plannedChecks(rules) }),
    async run(context) {
      const { config, projectRoot, files, progress, signal, verdict } = context;
      const cacheFolder = path.join(projectRoot, '.shakedown', 'cache');
      const given = givenOf(context);
      const written = [path.resolve(files.folder, '../../..'), path.resolve(projectRoot, config.runs)];
      const check = { projectRoot, config, signal, progress, cacheFolder, given, rules };
      const result = await answerFor(check, written);
      told(result);
      files.write('files.json', `${JSON.stringify(result.files, null, 2)}\n`);
      if (result.keptSince !== undefined) progress.note(keptNote(result.keptSince, result.files.length));
      for (const note of result.notes) progress.note(note);
      for (const each of result.verdicts)
        verdict({ ...each, evidence: [...each.evidence, files.evidence('files.json')] });
    },
  };
}

const keptNote = (since: string, count: number): string =>
  `nothing changed: the answer is that of the analysis of ${since}, given again after comparing ${count} files and what they depend on`;
