/** `shakedown check`: the static rules on the source. Needs no configuration; with one, its source and rules settings hold. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AnyRule } from '../../checks/source/rule.ts';
import { RULES } from '../../checks/source/rules.ts';
import { sourceStage } from '../../checks/source/source-stage.ts';
import { UsageError } from '../../harness/errors.ts';
import { collectGiven } from '../given.ts';
import { executeRun } from '../execute-run.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { demandKnownRules } from '../known-names.ts';
import { openConfig } from '../open-config.ts';
import type { RunOptions } from '../options.ts';

export interface CheckOptions extends RunOptions {
  explain?: string;
  list?: boolean;
}

export async function check(folder: string, options: CheckOptions): Promise<number> {
  if (options.explain !== undefined) return print(explainRule(ruleNamed(options.explain)));
  if (options.list === true)
    return print(RULES.map(({ id, title }) => `${id.padEnd(24)} ${title}`).join('\n'));
  const root = resolve(folder);
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw new UsageError(`no folder at ${root}: give the folder of the project to check`);
  }
  return openConfig(
    'check',
    options,
    (loaded) => {
      demandKnownRules(loaded.config);
      return executeRun({ command: 'check', loaded, stages: [sourceStage(collectGiven)], options });
    },
    root,
  );
}

function ruleNamed(id: string): AnyRule {
  const rule = RULES.find((each) => each.id === id);
  if (rule !== undefined) return rule;
  throw new UsageError(`no rule is called "${id}"; there are ${RULES.map((each) => each.id).join(', ')}`);
}

function explainRule(rule: AnyRule): string {
  const messages = Object.entries(rule.messages).map(([id, text]) => `  ${id}: ${text}`);
  return [
    `${rule.id}: ${rule.title}`,
    '',
    `Why: ${rule.why}`,
    '',
    `Fix: ${rule.fix}`,
    '',
    'Findings:',
    ...messages,
  ].join('\n');
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return EXIT_CODES.pass;
}
