/** The trees that are measured: generated ones, public code from the package registry, and any folder. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { installLocked, PEERS, PUBLIC_CODE, WORK } from './places.ts';
import { generateTree, writeTree } from './tree/generate-tree.ts';

export interface Tree {
  name: string;
  folder: string;
  /** What a linter is pointed at, in the folder: it would follow the link to packages that trees share. */
  sources: string;
  lines: number;
}

const SEED = 1;
const SOURCE = /(?<!\.d)\.[cm]?tsx?$/;

/** A generated service, with the packages that it imports from among the peers'. */
export function generatedTree(lines: number): Tree {
  const name = `generated ${lines / 1000}k`;
  const folder = join(WORK, `generated-${lines}`);
  writeTree(folder, generateTree(lines, SEED));
  symlinkSync(join(PEERS, 'node_modules'), join(folder, 'node_modules'));
  return { name, folder, sources: 'src', lines: countLines(folder) };
}

interface CodeBase {
  /** Packages of `public-code/package.json` that ship their TypeScript sources, with the folder of these. */
  packages: Record<string, string>;
  compilerOptions: Record<string, unknown>;
}

/** Sources of published packages, laid beside each other as one project; their types come from their own dependencies. */
export function publicTree(name: string): Tree {
  installLocked(PUBLIC_CODE);
  const all = JSON.parse(readFileSync(join(PUBLIC_CODE, 'code-bases.json'), 'utf8')) as Record<
    string,
    CodeBase
  >;
  const found = all[name];
  if (!found) throw new Error(`no code base ${name} among ${Object.keys(all).join(', ')}`);
  const folder = join(WORK, `public-${name}`);
  rmSync(folder, { recursive: true, force: true });
  for (const [each, sources] of Object.entries(found.packages)) {
    const from = join(PUBLIC_CODE, 'node_modules', each, sources);
    const to = join(folder, 'src', each);
    mkdirSync(to, { recursive: true });
    cpSync(from, to, { recursive: true, filter: isWanted });
  }
  const { compilerOptions } = found;
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['src'] }, null, 2),
  );
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }));
  symlinkSync(join(PUBLIC_CODE, 'node_modules'), join(folder, 'node_modules'));
  return { name, folder, sources: 'src', lines: countLines(folder) };
}

/** Tests of libraries need other globals, and are not what runs. */
const isWanted = (file: string): boolean =>
  !/\/(__tests__|tests?|node_modules\/.*\/node_modules)(\/|$)|\.(test|spec)\.[cm]?tsx?$/.test(file);

export const publicNames = (): string[] =>
  existsSync(join(PUBLIC_CODE, 'code-bases.json'))
    ? Object.keys(JSON.parse(readFileSync(join(PUBLIC_CODE, 'code-bases.json'), 'utf8')) as object)
    : [];

export function ownTree(folder: string): Tree {
  const full = resolve(folder);
  if (!existsSync(join(full, 'tsconfig.json')))
    throw new Error(`no tsconfig.json in ${full}: the peers need one to know the files`);
  return { name: basename(full), folder: full, sources: '.', lines: countLines(full) };
}

function countLines(folder: string): number {
  let lines = 0;
  for (const each of readdirSync(folder, { withFileTypes: true })) {
    if (each.name === 'node_modules' || each.name.startsWith('.')) continue;
    const full = join(folder, each.name);
    if (each.isDirectory()) lines += countLines(full);
    else if (SOURCE.test(each.name)) lines += readFileSync(full, 'utf8').split('\n').length - 1;
  }
  return lines;
}
