/**
 * What an answer of `shakedown check` depends on, as hashes of contents: the program that gives it, the project with what
 * the deployment stage reads, what is outside of it, the host's tools. Used when an answer is kept and when it is asked for again.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { isSearched, LARGEST_BYTES, mayDeploy } from '../checks/deployment/files/find-files.ts';
import {
  addContent,
  addListing,
  createContents,
  SOURCES,
  type Contents,
} from '../checks/source/result-cache/contents.ts';
import { addOutside, addTree, foldersAbove, type LookedAt } from '../checks/source/result-cache/inputs.ts';
import { type Tool, TOP } from '../checks/source/result-cache/tool.ts';
import type { Asked, Call } from './kept-check-call.ts';

/** The program as a whole. */
export function thisTool(): Tool {
  return { top: TOP, rooms: ['checks', 'gate', 'harness', 'soak'], packages: dependencies() };
}

/** What shakedown's own package names: the nearest package.json, one folder up when the code is in `dist`. */
function dependencies(): string[] {
  const file = [TOP, path.dirname(TOP)].map((each) => path.join(each, 'package.json')).find(isFile);
  if (file === undefined) return [];
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as Record<
    string,
    Record<string, string> | undefined
  >;
  const platform = `@typescript/typescript-${process.platform}-${process.arch}`;
  return [...Object.keys({ ...dependencies, ...optionalDependencies }), platform];
}

/** `undefined`: something is there that cannot be followed, so nothing can be said. */
export function projectHash({ root, runsFolder }: Asked): string | undefined {
  const contents = createContents();
  addTree(contents, { projectRoot: root, root, written: [runsFolder] }, ALL_STAGES);
  return settled(contents);
}

const SHELLCHECK_RC = ['.shellcheckrc', 'shellcheckrc'];

const ALL_STAGES = {
  countsUpTo: (file: string): number =>
    SOURCES.countsUpTo(file) ||
    (mayDeploy(file) || SHELLCHECK_RC.includes(path.basename(file)) ? LARGEST_BYTES : 0),
  searched: (name: string): boolean => SOURCES.searched(name) || isSearched(name),
  packages: true,
};

/** What the analysis looked at outside of the project, and what the host's tools read by themselves. */
export function surroundingsHash(asked: Asked, looked: LookedAt, { environment }: Call): string | undefined {
  const { root, runsFolder } = asked;
  const contents = createContents();
  addOutside(contents, { projectRoot: root, root, written: [runsFolder] }, looked);
  const { HOME = '', XDG_CONFIG_HOME = path.join(HOME, '.config') } = environment;
  for (const folder of [...foldersAbove(root), HOME, XDG_CONFIG_HOME])
    for (const name of SHELLCHECK_RC) addContent(contents, path.join(folder, name));
  for (const name of ['systemd-analyze', 'shellcheck', 'git'])
    contents.hash.update(`\0${name} ${identityOf(name, environment)}\0`);
  return settled(contents);
}

/** Which program a name leads to. */
function identityOf(name: string, { PATH = '' }: NodeJS.ProcessEnv): string {
  const file = PATH.split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find(isFile);
  if (file === undefined) return 'none';
  const { size, mtimeMs } = statSync(file);
  return `${file} ${realpathSync(file)} ${size} ${mtimeMs}`;
}

function isFile(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false; // a folder that may not be read: nothing is started from it
  }
}

/** Everything in the folder of a run: the evidence and the reports of its answer. */
export function sealOf(runFolder: string): string | undefined {
  const contents = createContents();
  addListing(contents, runFolder, {
    countsUpTo: () => Infinity,
    searched: () => true,
    packages: false,
    written: new Set(),
  });
  return settled(contents);
}

function settled({ hash, unread, linkedFolders }: Contents): string | undefined {
  return unread.length > 0 || linkedFolders.length > 0 ? undefined : hash.digest('hex');
}
