/**
 * Everything on disk that an answer depends on, as one hash: compared by content, so that no clock and no editor can make a
 * stale answer pass for a fresh one. Used by the result cache; loads no compiler.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { SKIPPED_FOLDERS } from '../source-names.ts';
import { addContent, addListing, createContents, SOURCES, type Contents, type Listed } from './contents.ts';
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
export function treeHash(inputs: InputsOf): string {
  const contents = createContents();
  addTree(contents, inputs);
  return contents.hash.digest('hex');
}

/** What is outside the tree. */
export function outsideHash(inputs: InputsOf, looked: LookedAt): string {
  const contents = createContents();
  addOutside(contents, inputs, looked);
  return contents.hash.digest('hex');
}

/** @param listing which files and folders count: those of the sources when left out. */
export function addTree(
  contents: Contents,
  { projectRoot, root, written }: InputsOf,
  listing: Omit<Listed, 'written'> = SOURCES,
): void {
  addListing(contents, root, { ...listing, written: new Set(written) });
  for (const folder of new Set([root, ...foldersAbove(root), projectRoot]))
    for (const name of ABOVE) addContent(contents, path.join(folder, name));
}

export function addOutside(contents: Contents, inputs: InputsOf, looked: LookedAt): void {
  const { root } = inputs;
  for (const file of looked.files) addContent(contents, file);
  addPackages(contents, [root, ...foldersAbove(root)], [...COMPILER, ...looked.packages]);
  const listing = { ...SOURCES, written: new Set(inputs.written) };
  for (const folder of new Set(looked.files.flatMap((file) => leftOutFolder(root, file) ?? [])))
    addListing(contents, folder, listing);
  if (looked.files.some((file) => isSourceOutside(root, file))) addWorkspace(contents, root, listing);
}

/** The project's own TypeScript 7 is asked where shakedown has none. */
const COMPILER = ['typescript', `@typescript/typescript-${process.platform}-${process.arch}`];

/** The folder of the tree that is left out and that a file is in: what such a file imports is not followed one by one. */
function leftOutFolder(root: string, file: string): string | undefined {
  const steps = path.relative(root, file).split(path.sep);
  const at = steps.findIndex((each) => SKIPPED_FOLDERS.has(each));
  if (steps[0] === '..' || at < 0 || steps[at] === 'node_modules') return undefined;
  return path.join(root, ...steps.slice(0, at + 1));
}

/** What one module outside imports is not followed one by one: then the workspace counts as a whole. */
function addWorkspace(contents: Contents, root: string, listing: Listed): void {
  const marks = [
    'pnpm-workspace.yaml',
    'pnpm-lock.yaml',
    'package-lock.json',
    'yarn.lock',
    'bun.lock',
    '.git',
  ];
  const top = foldersAbove(root).find((folder) => marks.some((name) => existsSync(path.join(folder, name))));
  addListing(contents, top ?? path.dirname(root), listing);
}

export function foldersAbove(folder: string): string[] {
  const above = path.dirname(folder);
  return above === folder ? [] : [above, ...foldersAbove(above)];
}

const isSourceOutside = (root: string, file: string): boolean =>
  path.relative(root, file).startsWith('..') &&
  /\.[cm]?[jt]sx?$/.test(file) &&
  !file.includes('/node_modules/');
