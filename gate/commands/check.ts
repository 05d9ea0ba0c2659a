/** `shakedown check`: the static rules on the source. Needs no configuration; with one, its source and rules settings hold. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { deploymentStage, deploysAnything } from '../../checks/deployment/deployment-stage.ts';
import type { AnyDeploymentRule } from '../../checks/deployment/rule.ts';
import { DEPLOYMENT_RULES } from '../../checks/deployment/rules.ts';
import type { AnyRule } from '../../checks/source/rule.ts';
import { RULES } from '../../checks/source/rules.ts';
import { sourceStage } from '../../checks/source/source-stage.ts';
import { UsageError } from '../../harness/errors.ts';
import type { LoadedConfig } from '../../harness/load-config.ts';
import type { Progress, Stage } from '../../harness/stage.ts';
import { type AdoptionOptions, adoptingStage, openAdoption } from '../adoption/adopting-stage.ts';
import { demandFixOptions, fixProject, type FixOptions } from '../adoption/fix-project.ts';
import { collectGiven, collectProgram } from '../given.ts';
import { executeRun } from '../execute-run.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { explainRule, listRules, ruleNamed } from '../explain/explain-rule.ts';
import { demandKnownRules } from '../known-names.ts';
import { openConfig } from '../open-config.ts';
import { callOf } from '../kept-check.ts';
import { beginKeeping, type Keeping } from '../kept-check-keep.ts';
import type { RunOptions } from '../options.ts';
import { createProgress, NO_PROGRESS } from '../progress.ts';

export interface CheckOptions extends RunOptions, AdoptionOptions, FixOptions {
  explain?: string;
  list?: boolean;
  /** Ids, each of which may be a list with commas. */
  rule?: string[];
  /** The TypeScript that is asked for types. */
  types?: '6' | '7';
}

export async function check(folder: string, options: CheckOptions): Promise<number> {
  if (options.explain !== undefined) return print(explainRule(options.explain));
  if (options.list === true) return print(listRules());
  const root = resolve(folder);
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw new UsageError(`no folder at ${root}: give the folder of the project to check`);
  }
  return openConfig(
    'check',
    options,
    async (loaded) => {
      demandKnownRules(loaded.config);
      demandFixOptions(options);
      if (options.types !== undefined) loaded.config.source.types = options.types;
      const adoption = openAdoption(options, loaded);
      const rules = chosenRules(options.rule);
      const progress = options.quiet === true ? NO_PROGRESS : createProgress(process.stderr, process.env);
      using keeping = beginKeeping(callOf(process.argv.slice(2)), loaded.projectRoot);
      const stages = stagesFor(loaded, rules, { progress, keeping }).map((stage) =>
        adoptingStage(stage, adoption),
      );
      if (options.fix === true) await fixProject(loaded, rules.source, options, progress);
      const conclude = keeping === undefined ? {} : { conclude: keeping.conclude };
      const exitCode = await executeRun({ command: 'check', loaded, stages, options, ...conclude });
      keeping?.keep(exitCode);
      return exitCode;
    },
    root,
  );
}

interface Chosen {
  source: readonly AnyRule[];
  deployment: readonly AnyDeploymentRule[];
  /** Named one by one. */
  named: boolean;
}

function chosenRules(named: string[] | undefined): Chosen {
  if (named === undefined) return { source: RULES, deployment: DEPLOYMENT_RULES, named: false };
  const ids = named.flatMap((list) => list.split(',')).map((id) => id.trim());
  const chosen = ids.filter((id) => id !== '').map((id) => ruleNamed(id).id);
  if (chosen.length === 0) throw new UsageError('--rule names no rule; --list shows them');
  return {
    source: RULES.filter(({ id }) => chosen.includes(id)),
    deployment: DEPLOYMENT_RULES.filter(({ id }) => chosen.includes(id)),
    named: true,
  };
}

/** The deployment is looked at where there is any; without it that is said, and is no fault. */
function stagesFor(
  { config, projectRoot }: LoadedConfig,
  { source, deployment, named }: Chosen,
  { progress, keeping }: { progress: Progress; keeping: Keeping | undefined },
): Stage[] {
  const reading = source.length > 0 ? [sourceStage(collectGiven, source, keeping?.sawSource)] : [];
  if (deployment.length === 0 || (config.deployment === false && !named)) return reading;
  const { mustHaveSubjects } = config.rules;
  const asked = named || deployment.some(({ id }) => mustHaveSubjects.includes(id));
  if (asked || deploysAnything({ projectRoot, config }))
    return [...reading, deploymentStage(collectProgram, deployment, keeping?.sawDeployment)];
  progress.note('deployment: no install script, unit, container or proxied location found; left out');
  return reading;
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return EXIT_CODES.pass;
}
