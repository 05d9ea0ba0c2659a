/** `shakedown check`: the static rules on the source. Needs no configuration; with one, its source and rules settings hold. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AnyRule } from '../../checks/source/rule.ts';
import { RULES } from '../../checks/source/rules.ts';
import { sourceStage } from '../../checks/source/source-stage.ts';
import { UsageError } from '../../harness/errors.ts';
import { type AdoptionOptions, adoptingStage, openAdoption } from '../adoption/adopting-stage.ts';
import { collectGiven } from '../given.ts';
import { executeRun } from '../execute-run.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { explainRule, listRules, ruleNamed } from '../explain/explain-rule.ts';
import { demandKnownRules } from '../known-names.ts';
import { openConfig } from '../open-config.ts';
import type { RunOptions } from '../options.ts';

export interface CheckOptions extends RunOptions, AdoptionOptions {
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
    (loaded) => {
      demandKnownRules(loaded.config);
      if (options.types !== undefined) loaded.config.source.types = options.types;
      const source = sourceStage(collectGiven, chosenRules(options.rule));
      const stages = [adoptingStage(source, openAdoption(options, loaded))];
      return executeRun({ command: 'check', loaded, stages, options });
    },
    root,
  );
}

function chosenRules(named: string[] | undefined): readonly AnyRule[] {
  if (named === undefined) return RULES;
  const ids = named.flatMap((list) => list.split(',')).map((id) => id.trim());
  const chosen = ids.filter((id) => id !== '').map(ruleNamed);
  if (chosen.length === 0) throw new UsageError('--rule names no rule; --list shows them');
  return RULES.filter((rule) => chosen.includes(rule));
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return EXIT_CODES.pass;
}
