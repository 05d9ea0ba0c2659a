/** The commit that the reports of a kept answer name, and whether it still is the one of the project. Asked beside the reading. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { foldersAbove } from '../checks/source/result-cache/inputs.ts';
import type { RunHeader } from '../harness/run-store.ts';

/** `null`: no repository, no commit, or no git; `undefined`: git gave no answer. */
export type GitState = RunHeader['git'] | null | undefined;

const WITHIN_MS = 10_000;

export interface GitWatch {
  state: Promise<GitState>;
  end(): void;
}

/** Starts git where there is something to ask. */
export async function watchGit(folder: string, environment: NodeJS.ProcessEnv): Promise<GitWatch> {
  const isInRepository =
    environment['GIT_DIR'] !== undefined ||
    [folder, ...foldersAbove(folder)].some((each) => existsSync(join(each, '.git')));
  if (!isInRepository) return { state: Promise.resolve(null), end: () => undefined };
  const { spawn } = await import('node:child_process');
  const child = spawn('git', ['status', '--porcelain=v2', '--branch'], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: WITHIN_MS,
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  const state = new Promise<GitState>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ENOENT' ? null : undefined));
    child.on('close', (code, signal) => resolve(signal === null ? stateOf(code, text) : undefined));
  });
  return { state, end: () => void child.kill() };
}

function stateOf(code: number | null, text: string): GitState {
  // As for the header of a run: git says no, and then there is no commit to name.
  const commit = code === 0 ? /^# branch\.oid ([0-9a-f]+)$/m.exec(text)?.[1] : undefined;
  return commit === undefined ? null : { commit, dirty: /^[^#]/m.test(text) };
}

export function isSameState(kept: RunHeader['git'] | null, now: GitState): boolean {
  if (kept === null || now === null || kept === undefined || now === undefined) return kept === now;
  return kept.commit === now.commit && kept.dirty === now.dirty;
}
