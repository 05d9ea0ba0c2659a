/**
 * Where the specifiers of a project lead: to one of its files, to the platform, or to a package by its name. Remembers what
 * it looked at outside the project's tree. Made by the reader of the project.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { ts } from 'ts-morph';
import { DECLARATION, SKIPPED_FOLDERS } from './source-names.ts';

export interface Resolver {
  /** The absolute path of a source file, or the package's specifier. */
  resolve(from: string, specifier: string): string;
  /** Packages that were asked for, by name. */
  packages: ReadonlySet<string>;
  /** Files outside the tree that were found, or would have been had they been there. */
  outside: ReadonlySet<string>;
}

const BUILT_IN = new Set(builtinModules);
const SUFFIXES = [
  '',
  '.ts',
  '.tsx',
  '.mts',
  '.cts',
  '.js',
  '.jsx',
  '.mjs',
  '.cjs',
  '/index.ts',
  '/index.tsx',
  '/index.js',
  '/index.mjs',
  '/index.cjs',
];

export function isInside(root: string, file: string): boolean {
  const inside = path.relative(root, file);
  return !inside.startsWith('..') && !inside.split(path.sep).some((each) => SKIPPED_FOLDERS.has(each));
}

export function createResolver(root: string, options: ts.CompilerOptions): Resolver {
  const known = new Map<string, string>();
  const packages = new Set<string>();
  const outside = new Set<string>();
  const isFile = fileTest();
  const isForeign = foreignTest(options);
  const byCompiler = compilerResolution(root, options, outside);
  const look = (from: string, specifier: string): string => {
    const bare = specifier.replace(/^node:/, '');
    if (BUILT_IN.has(bare) || specifier.startsWith('node:')) return `node:${bare}`;
    if (isRelative(specifier)) {
      const candidates = candidatesOf(path.resolve(path.dirname(from), specifier));
      const found = candidates.find(isFile);
      if (found === undefined || !isInside(root, found))
        for (const each of candidates) if (!isInside(root, each)) outside.add(each);
      return found ?? byCompiler(from, specifier) ?? specifier;
    }
    packages.add(packageName(specifier));
    return isForeign(from, specifier) ? specifier : (byCompiler(from, specifier) ?? specifier);
  };
  return {
    packages,
    outside,
    resolve: (from, specifier) => {
      const key = `${path.dirname(from)}\0${specifier}`;
      let found = known.get(key);
      if (found === undefined) known.set(key, (found = look(from, specifier)));
      return found;
    },
  };
}

const isRelative = (specifier: string): boolean =>
  /^\.{0,2}\//.test(specifier) || specifier === '.' || specifier === '..';

/** The files that a path without a suffix, or with that of its build, may mean; the first that is there counts. */
function candidatesOf(base: string): string[] {
  const swapped = base.replace(/\.([cm]?)js(x?)$/, '.$1ts$2');
  return [
    ...(swapped === base ? [] : [swapped, base.replace(/\.js$/, '.tsx')]),
    ...SUFFIXES.map((each) => base + each),
  ];
}

/** Asks each folder once for what is in it: far fewer calls than asking for each file. */
function fileTest(): (file: string) => boolean {
  const folders = new Map<string, Set<string>>();
  const namesIn = (folder: string): Set<string> => {
    let names = folders.get(folder);
    if (names === undefined) folders.set(folder, (names = filesIn(folder)));
    return names;
  };
  return (file) => namesIn(path.dirname(file)).has(path.basename(file));
}

function filesIn(folder: string): Set<string> {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const isFile = (name: string): boolean =>
      statSync(path.join(folder, name), { throwIfNoEntry: false })?.isFile() ?? false;
    return new Set(
      entries.flatMap((each) =>
        each.isFile() || (each.isSymbolicLink() && isFile(each.name)) ? [each.name] : [],
      ),
    );
  } catch {
    // No such folder, a file in its place, or one that may not be read: nothing is found in it.
    return new Set();
  }
}

const packageName = (specifier: string): string => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;

/**
 * Whether a specifier can only lead into an installed package, or nowhere: then the compiler, which opens many files to say
 * in which of them it ends, is not asked.
 */
function foreignTest(options: ts.CompilerOptions): (from: string, specifier: string) => boolean {
  const patterns = Object.keys(options.paths ?? {}).map((each) => each.split('*'));
  const isAlias = (specifier: string): boolean =>
    patterns.some(([before = '', after]) =>
      after === undefined ? specifier === before : specifier.startsWith(before) && specifier.endsWith(after),
    );
  const inBase = options.baseUrl === undefined ? [] : namesIn(options.baseUrl);
  const isInBase = (specifier: string): boolean => {
    const [first = ''] = specifier.split('/');
    return inBase.some((each) => each === first || each.startsWith(`${first}.`));
  };
  const names = new Map<string, string | undefined>();
  const nameOfPackage = (folder: string): string | undefined => {
    if (!names.has(folder)) names.set(folder, readName(path.join(folder, 'package.json')));
    return names.get(folder);
  };
  const modules = new Map<string, boolean>();
  const hasModules = (folder: string): boolean => {
    let answer = modules.get(folder);
    if (answer === undefined) modules.set(folder, (answer = existsSync(path.join(folder, 'node_modules'))));
    return answer;
  };
  const known = new Map<string, boolean>();
  /** No package around the folder is called so, and the one that is installed is no link to sources beside it. */
  const isElsewhere = (folder: string, name: string): boolean => {
    const key = `${folder}\0${name}`;
    let answer = known.get(key);
    if (answer === undefined) {
      const installed = hasModules(folder) ? realpathOf(path.join(folder, 'node_modules', name)) : undefined;
      const above = path.dirname(folder);
      answer =
        nameOfPackage(folder) !== name &&
        (installed === undefined
          ? above === folder || isElsewhere(above, name)
          : installed.includes(`${path.sep}node_modules${path.sep}`));
      known.set(key, answer);
    }
    return answer;
  };
  return (from, specifier) =>
    !specifier.startsWith('#') &&
    !isAlias(specifier) &&
    !isInBase(specifier) &&
    isElsewhere(path.dirname(from), packageName(specifier));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no such folder: nothing is found in it
  }
}

function realpathOf(folder: string): string | undefined {
  try {
    return realpathSync(folder);
  } catch {
    return undefined; // not installed there
  }
}

function readName(file: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined; // no package, or one without a readable name: nothing refers to it by name
  }
}

/** The compiler's own way, through `paths`, `exports` and links; each folder and package is looked at once. */
function compilerResolution(
  root: string,
  options: ts.CompilerOptions,
  outside: Set<string>,
): (from: string, specifier: string) => string | undefined {
  const inUse: ts.CompilerOptions = {
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    module: ts.ModuleKind.ESNext,
    ...options,
    allowJs: true,
  };
  const cache = ts.createModuleResolutionCache(root, (name) => name, inUse);
  return (from, specifier) => {
    const looked = ts.resolveModuleName(specifier, from, inUse, ts.sys, cache);
    const found = looked.resolvedModule?.resolvedFileName;
    if (!found) {
      const { failedLookupLocations = [] } = looked as { failedLookupLocations?: string[] };
      for (const each of failedLookupLocations)
        if (!each.includes('/node_modules/') && !isInside(root, each)) outside.add(each);
      return undefined;
    }
    const real = realpathSync(found);
    if (!isInside(root, real) && !real.includes('/node_modules/')) outside.add(real);
    return isInside(root, real) && !DECLARATION.test(found) ? real : undefined;
  };
}
