/** The few questions that git is asked. Called by the commands and the reports. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** What git prints; undefined when there is no git, no repository, or it says no. */
export function askGit(folder: string, ...args: string[]): string | undefined {
  const answer = runGit(folder, ...args);
  return 'text' in answer ? answer.text : undefined;
}

export type GitAnswer = { text: string } | { error: string; missing: boolean };

/** The same, with the reason where there is no answer; `missing`: there is no git on the PATH. */
export function runGit(folder: string, ...args: string[]): GitAnswer {
  if (!existsSync(folder)) return { error: `no folder at ${folder}`, missing: false };
  try {
    const text = execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 30_000,
      maxBuffer: 256 * 1024 * 1024,
    });
    return { text };
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
    const said = stderr?.trim().split('\n').at(0);
    return { error: said === undefined || said === '' ? message : said, missing: code === 'ENOENT' };
  }
}

/** Where a folder lies in its repository: `packages/api/`, and empty at the root or where there is none. */
export function folderInRepository(folder: string): string {
  return askGit(folder, 'rev-parse', '--show-prefix')?.trim() ?? '';
}
