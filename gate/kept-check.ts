/**
 * Gives the answer of an earlier `shakedown check` again while nothing that it depends on has changed. Asked by `start.ts`
 * before the program is loaded, so this imports next to nothing. In any doubt there is no answer, and the check runs.
 */
import { existsSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { hashOfTool } from '../checks/source/result-cache/tool.ts';
import { lockRuns } from '../harness/run-lock.ts';
import { pointLatest } from '../harness/run-store.ts';
import { type Asked, askedOf, type Call } from './kept-check-call.ts';
import { entryFile, type KeptCheck, readEntry } from './kept-check-entry.ts';
import { isSameState, watchGit } from './kept-check-git.ts';
import { projectHash, sealOf, surroundingsHash, thisTool } from './kept-check-inputs.ts';

export function callOf(argv: readonly string[]): Call {
  return {
    argv,
    cwd: process.cwd(),
    environment: process.env,
    terminals: [process.stdout.isTTY === true, process.stderr.isTTY === true],
    node: [process.execPath, ...process.execArgv],
    tool: thisTool(),
  };
}

/** Prints a kept answer. @returns its exit code; nothing when there is none. */
export async function answerKept(argv: readonly string[]): Promise<number | undefined> {
  const asked = askedOf({ argv, cwd: process.cwd() });
  const kept = asked && (await findKept(asked, callOf(argv)));
  if (kept === undefined) return undefined;
  const { runId, startedAt } = kept.run;
  if (!asked?.quiet)
    process.stderr.write(`nothing changed since run ${runId} (${startedAt}): its answer and reports hold\n`);
  for (const [stream, text] of kept.said) (stream === 1 ? process.stdout : process.stderr).write(text);
  return kept.exitCode;
}

/** The entry that holds, with its run whole and `latest` leading to it. */
export async function findKept(asked: Asked, call: Call): Promise<KeptCheck | undefined> {
  try {
    const entry = readEntry(entryFile(call, asked));
    if (entry === undefined || !existsSync(entry.run.folder)) return undefined;
    return (await isUnchanged(asked, call, entry)) && hasRun(asked, entry) ? entry : undefined;
  } catch {
    // Gone while it was read, locked by another run, not to be written: the check itself says what there is to say.
    return undefined;
  }
}

async function isUnchanged(asked: Asked, call: Call, entry: KeptCheck): Promise<boolean> {
  // It works while this process reads.
  const git = await watchGit(asked.root, call.environment);
  try {
    return (
      entry.tool === hashOfTool(call.tool) &&
      entry.surroundings === surroundingsHash(asked, entry.looked, call) &&
      entry.project === projectHash(asked) &&
      isSameState(entry.git, await git.state)
    );
  } finally {
    git.end();
  }
}

/** Under the lock, as every use of the run store: meanwhile nobody removes the run or starts the next. */
function hasRun({ runsFolder }: Asked, { run }: KeptCheck): boolean {
  const unlock = lockRuns(runsFolder);
  try {
    if (run.folder !== join(runsFolder, run.runId) || sealOf(run.folder) !== run.seal) return false;
    if (latestOf(runsFolder) !== run.runId) pointLatest(runsFolder, run.runId);
    return true;
  } finally {
    unlock();
  }
}

function latestOf(runsFolder: string): string | undefined {
  try {
    return readlinkSync(join(runsFolder, 'latest'));
  } catch {
    return undefined; // removed, or no link: it is made again
  }
}
