/** What answers: the tool's own code, the packages that it runs, and the Node that runs them, as one hash. */
import path from 'node:path';
import { addContent, addListing, createContents, type Contents } from './contents.ts';
import { foldersAbove } from './inputs.ts';

export interface Tool {
  /** The folder of the rooms: the checkout, or `dist` of the package. */
  top: string;
  /** The rooms whose code makes an answer. */
  rooms: readonly string[];
  /** The packages that can change one. */
  packages: readonly string[];
}

export const TOP = path.resolve(import.meta.dirname, '../../..');

/** What makes the findings on the source. */
const ANALYSIS: Tool = {
  top: TOP,
  rooms: ['checks', 'harness'],
  packages: [
    'ts-morph',
    '@ts-morph/common',
    'typescript',
    `@typescript/typescript-${process.platform}-${process.arch}`,
    '@typescript/native',
    '@typescript/native-preview',
  ],
};

let known: string | undefined;

/** That of the analysis of the sources; the code is read once. */
export function toolHash(): string {
  return (known ??= hashOfTool(ANALYSIS));
}

export function hashOfTool(tool: Tool): string {
  const contents = createContents();
  addTool(contents, tool);
  return contents.hash.digest('hex');
}

export function addTool(contents: Contents, { top, rooms, packages }: Tool): void {
  contents.hash.update(`${process.version} ${process.platform} ${process.arch}`);
  for (const room of rooms) addListing(contents, path.join(top, room), CODE);
  for (const folder of [top, path.dirname(top)]) addContent(contents, path.join(folder, 'package.json'));
  // A package of the tool may lie beside it, where npm found room.
  for (const folder of [top, ...foldersAbove(top)])
    for (const name of packages)
      addContent(contents, path.join(folder, 'node_modules', name, 'package.json'));
}

/** Packages that are installed below a room are those of a bench. */
const CODE = {
  countsUpTo: (file: string): number => (/(?<!\.test|\.d)\.[jt]s$/.test(file) ? Infinity : 0),
  searched: (name: string): boolean => name !== 'node_modules',
  packages: false,
  written: new Set<string>(),
};
