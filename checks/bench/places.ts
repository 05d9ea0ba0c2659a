/** Where the bench keeps what it needs: the peers and the public code beside it, what it makes in the folder for temporary files. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

export const REPOSITORY = join(import.meta.dirname, '../..');
export const PEERS = join(import.meta.dirname, 'peers');
export const PUBLIC_CODE = join(import.meta.dirname, 'public-code');
/** Outside of the repository: a peer that honours `.gitignore` would see no files in it. */
export const WORK = join(tmpdir(), `shakedown-bench-${userInfo().uid}`);

/** Installs what a folder's lock file says, once for each lock file. */
export function installLocked(folder: string): void {
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const mark = join(folder, 'node_modules/.installed-lock');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return;
  process.stderr.write(`installing what ${folder} names\n`);
  // No scripts: only sources and types are read. oxlint and its checker come as ready binaries.
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
  writeFileSync(mark, lock);
}
