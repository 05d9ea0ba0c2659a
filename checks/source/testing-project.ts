/** A project on disk for one test: written, analysed, removed. Used by tests only. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { configSchema, type UserConfig } from '../../harness/config.ts';
import { checkSource, type SourceCheck, type SourceResult } from './source-stage.ts';

/** Runs `work` in a temporary folder that holds the given files. */
export async function inProject<T>(
  files: Record<string, string>,
  work: (root: string) => Promise<T> | T,
): Promise<T> {
  const root = mkdtempSync(path.join(tmpdir(), 'shakedown-source-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), text);
    }
    return await work(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Analyses files as a project of their own. */
export function checkFiles(
  files: Record<string, string>,
  config: Pick<UserConfig, 'source' | 'rules' | 'resources'> = {},
  more: Partial<SourceCheck> = {},
): Promise<SourceResult> {
  return inProject(files, (projectRoot) =>
    checkSource({ projectRoot, config: configSchema.parse(config), ...more }),
  );
}

/** Failures and unknowns as `rule:line messageId`. */
export function problems(result: SourceResult): string[] {
  return result.verdicts
    .filter((each) => each.outcome === 'fail' || each.outcome === 'unknown')
    .map((each) => `${each.check}:${each.location?.line} ${each.messageId ?? each.outcome}`);
}
