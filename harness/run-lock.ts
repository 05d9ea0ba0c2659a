/** The lock of a run store: two gates must not use one store, since both would measure the other's load. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from './errors.ts';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts';

interface Owner extends ProcessIdentity {
  since: string;
}

/**
 * Takes the lock of a run store; the returned function releases it.
 * A lock whose owner is gone (killed, machine restarted) is taken over.
 * @throws StoreError while another living process holds it.
 */
export function lockRuns(runsFolder: string): () => void {
  mkdirSync(runsFolder, { recursive: true });
  const path = join(runsFolder, '.lock');
  const mine = JSON.stringify({
    ...(identityOf(process.pid) ?? { pid: process.pid }),
    since: new Date().toISOString(),
  });
  const draft = join(runsFolder, `.lock-${process.pid}`);
  writeFileSync(draft, mine);
  try {
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      if (takeByLink(draft, path)) return () => release(path, mine);
      const owner = readOwner(path);
      if (owner !== undefined && isAlive(owner)) {
        throw new StoreError(
          `another run (process ${owner.pid}, since ${owner.since}) uses ${runsFolder}: wait for it, or give this one a store of its own with "runs" in the configuration`,
        );
      }
      setAside(path, owner);
    }
    throw new StoreError(
      `the lock ${path} is taken again each time it is cleared: other runs start at this moment; try again`,
    );
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Linking a file that is already whole: no reader ever sees an empty lock. */
function takeByLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Moves a dead owner's lock out of the way. Between reading and moving another run may have taken the lock anew:
 * what was moved is then not what was read, and goes back.
 */
function setAside(path: string, dead: Owner | undefined): void {
  const aside = `${path}-stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = readOwner(aside);
  if (moved !== undefined && (moved.pid !== dead?.pid || moved.since !== dead.since)) takeByLink(aside, path);
  rmSync(aside, { force: true });
}

function readOwner(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch {
    return undefined; // gone meanwhile or damaged: either way nobody holds it
  }
}

function release(path: string, mine: string): void {
  let current: string;
  try {
    current = readFileSync(path, 'utf8');
  } catch {
    return; // already gone: somebody cleared the store
  }
  if (current === mine) rmSync(path, { force: true });
}
