/**
 * Everything on disk that an answer depends on, as one hash: compared by content, so that no clock and no editor can make a
 * stale answer pass for a fresh one. Used by the result cache; loads no compiler.
 */
import { createHash, type Hash } from 'node:crypto';
import path from 'node:path';
import { addContent, addListing } from './contents.ts';
import { addPackages } from './installed.ts';

/** What an analysis looked at beside the tree of the project; it follows from the contents of that tree. */
export interface LookedAt {
  /** Packages that are imported, by name, whether they are there or not. */
  packages: readonly string[];
  /** Configuration files and resolved modules outside the tree, absolute; also where nothing was. */
  files: readonly string[];
}

export interface InputsOf {
  projectRoot: string;
  /** The folder that is analysed, absolute. */
  root: string;
  /** Folders that a run writes: they say nothing of the project. */
  written: readonly string[];
}

/** Files that say what is installed, or how a folder below is to be read. */
const ABOVE = [
  'package.json',
  'tsconfig.json',
  'jsconfig.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'yarn.lock',
  'bun.lock',
  'bun.lockb',
  '.pnp.cjs',
];

/** The tree itself: names and contents. Alike before and after an analysis, or that analysis is not kept. */
export function treeHash({ projectRoot, root, written }: InputsOf): string {
  const hash = createHash('sha256');
  addListing(hash, root, new Set(written));
  for (const folder of new Set([root, ...foldersAbove(root), projectRoot]))
    for (const name of ABOVE) addContent(hash, path.join(folder, name));
  return hash.digest('hex');
}

/** What is outside the tree. */
export function outsideHash({ root, written }: InputsOf, looked: LookedAt): string {
  const hash = createHash('sha256');
  for (const file of looked.files) addContent(hash, file);
  addPackages(hash, [root, ...foldersAbove(root)], looked.packages);
  if (looked.files.some((file) => isSourceOutside(root, file))) addWorkspace(hash, root, written);
  return hash.digest('hex');
}

/** What one module outside imports is not followed one by one: then the workspace counts as a whole. */
function addWorkspace(hash: Hash, root: string, written: readonly string[]): void {
  const marks = [
    'pnpm-workspace.yaml',
    'pnpm-lock.yaml',
    'package-lock.json',
    'yarn.lock',
    'bun.lock',
    '.git',
  ];
  const top = foldersAbove(root).find((folder) =>
    marks.some((name) => addContent(hash, path.join(folder, name))),
  );
  addListing(hash, top ?? path.dirname(root), new Set(written));
}

const isSourceOutside = (root: string, file: string): boolean =>
  path.relative(root, file).startsWith('..') &&
  /\.[cm]?[jt]sx?$/.test(file) &&
  !file.includes('/node_modules/');

export function foldersAbove(folder: string): string[] {
  const above = path.dirname(folder);
  return above === folder ? [] : [above, ...foldersAbove(above)];
}
