/** `check --fix`: what can be fixed safely is written, or shown with `--dry-run`; then the check runs as always. */
import { chmodSync, readFileSync, statSync } from 'node:fs';
import type { AnyRule } from '../../checks/source/rule.ts';
import type { FixOutcome } from '../../checks/source/fixes/fix-source.ts';
import { UsageError } from '../../harness/errors.ts';
import type { LoadedConfig } from '../../harness/load-config.ts';
import { unifiedDiff } from '../../harness/renderers/line-diff.ts';
import { writeAtomically } from '../../harness/run-store.ts';
import type { Progress } from '../../harness/stage.ts';
import { collectGiven } from '../given.ts';
import type { OutputOptions } from '../options.ts';

export interface FixOptions {
  fix?: boolean;
  dryRun?: boolean;
}

/** @throws UsageError when standard output would carry two things. */
export function demandFixOptions({ fix, dryRun, json, tap, format }: FixOptions & OutputOptions): void {
  if (dryRun !== true) return;
  if (fix !== true) throw new UsageError('--dry-run shows what --fix would do: give both');
  if (json === true || tap === true || format !== undefined)
    throw new UsageError('--dry-run prints a diff on standard output: leave the other format out');
}

export async function fixProject(
  { config, projectRoot }: LoadedConfig,
  rules: readonly AnyRule[],
  { dryRun = false }: FixOptions,
  progress: Progress,
): Promise<void> {
  const { fixSource } = await import('../../checks/source/fixes/fix-source.ts');
  progress.status('looking for what can be fixed');
  const given = collectGiven({ config, projectRoot });
  const outcome = await fixSource({ projectRoot, config, rules, given, progress });
  if (dryRun)
    for (const { path, before, after } of outcome.files)
      process.stdout.write(unifiedDiff(path, before, after));
  const refused = dryRun ? [] : writeFiles(outcome);
  tell(outcome, dryRun, progress);
  for (const path of refused)
    progress.note(`fix: ${path} was changed while it was looked at, and is left as it is; run it again`);
}

/** One rename for each file; one that somebody saved meanwhile is not touched. */
function writeFiles({ files }: FixOutcome): string[] {
  return files.flatMap(({ path, absolute, before, after }) => {
    if (readFileSync(absolute, 'utf8') !== before) return [path];
    const { mode } = statSync(absolute);
    writeAtomically(absolute, after);
    chmodSync(absolute, mode);
    return [];
  });
}

function tell({ files, fixed, left }: FixOutcome, dryRun: boolean, progress: Progress): void {
  const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
  const done = dryRun ? 'would be fixed' : 'fixed';
  progress.note(`fix: ${count(fixed.length, 'finding')} ${done} in ${count(files.length, 'file')}`);
  for (const { check, subject } of fixed) progress.note(`  ${check}  ${subject}`);
  if (left.length === 0) return;
  progress.note('fix: left to you:');
  for (const { finding, why } of left) progress.note(`  ${finding.check}  ${finding.subject}: ${why}`);
}
