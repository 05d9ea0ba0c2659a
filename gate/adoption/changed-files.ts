/** Which files a change touches, as git knows it: for reporting on a pull request only what belongs to it. */
import { posix } from 'node:path';
import { UsageError } from '../../harness/errors.ts';
import { suppress, type Verdict } from '../../harness/verdict.ts';
import { askGit, folderInRepository, runGit } from '../git.ts';

export interface ChangedFiles {
  /** Relative to the project, with `/`. */
  files: ReadonlySet<string>;
  /** What they are compared with, in words: `origin/main (merge base 1a2b3c4)`. */
  since: string;
}

/** @throws UsageError when git cannot say it. */
export function changedFiles(projectRoot: string, base: string | true, env: NodeJS.ProcessEnv): ChangedFiles {
  const top = demandRepository(projectRoot);
  const wanted = base === true ? usualBase(top, env) : base;
  const commit = demandCommit(top, wanted);
  const shared = askGit(top, 'merge-base', commit, 'HEAD')?.trim();
  if (shared === undefined)
    throw new UsageError(
      `--changed: ${wanted} and HEAD have no commit in common that is here; in a shallow clone fetch the history first (\`git fetch --unshallow\`, or fetch-depth: 0 in the checkout)`,
    );
  const changed = listed(top, 'diff', '--name-only', '-z', '--no-ext-diff', '--diff-filter=d', shared, '--');
  const untracked = listed(top, 'ls-files', '--others', '--exclude-standard', '-z');
  const prefix = folderInRepository(projectRoot);
  const files = [...changed, ...untracked].map((file) => posix.relative(prefix, file));
  return { files: new Set(files), since: `${wanted} (merge base ${shared.slice(0, 10)})` };
}

/** A finding belongs to a change when its place or a step of its path is in a file that was changed. */
export function leaveOutElsewhere(
  verdicts: readonly Verdict[],
  { files, since }: ChangedFiles,
): { verdicts: Verdict[]; elsewhere: number } {
  let elsewhere = 0;
  const judged = verdicts.map((verdict) => {
    const places = [verdict.location, ...(verdict.path ?? []).map(({ location }) => location)];
    const named = places.filter((place) => place !== undefined);
    // What has no place belongs to the whole, and so to every change.
    if (verdict.outcome !== 'fail' || named.length === 0 || named.some(({ file }) => files.has(file)))
      return verdict;
    elsewhere += 1;
    return suppress(verdict, 'elsewhere', `no file on its path was changed since ${since}`);
  });
  return { verdicts: judged, elsewhere };
}

function demandRepository(projectRoot: string): string {
  const answer = runGit(projectRoot, 'rev-parse', '--show-toplevel');
  if ('text' in answer) return answer.text.trim();
  throw new UsageError(
    answer.missing
      ? '--changed needs git, and there is none on the PATH: install it, or leave --changed out'
      : `--changed: ${projectRoot} is in no git repository that can be read (${answer.error}); leave --changed out to see every finding`,
  );
}

/** The branch a pull request goes to, where CI names it; the default branch of `origin`; else what is not committed. */
function usualBase(top: string, env: NodeJS.ProcessEnv): string {
  const target = env['GITHUB_BASE_REF'] || env['CI_MERGE_REQUEST_TARGET_BRANCH_NAME'];
  if (target) return `origin/${target}`;
  const known = askGit(top, 'rev-parse', '--verify', '--quiet', 'origin/HEAD^{commit}');
  return known === undefined ? 'HEAD' : 'origin/HEAD';
}

function demandCommit(top: string, base: string): string {
  const answer = runGit(top, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${base}^{commit}`);
  if ('text' in answer) return answer.text.trim();
  throw new UsageError(
    `--changed: git knows no commit "${base}"; fetch it (\`git fetch origin\`), or give another as --changed=BRANCH (with the sign, so that a folder that follows is not taken for it)`,
  );
}

function listed(top: string, ...args: string[]): string[] {
  const answer = runGit(top, ...args);
  if ('text' in answer) return answer.text.split('\0').filter((file) => file !== '');
  throw new UsageError(`--changed: \`git ${args[0]}\` failed: ${answer.error}`);
}
