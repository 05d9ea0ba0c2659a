/**
 * Finds the source files of a project and says where their imports lead. Called by the source stage.
 * Reads the disk; judges nothing.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { ts } from 'ts-morph';
import { UsageError } from '../../harness/errors.ts';

export interface SourceText {
  /** Relative to the project root, with `/`. */
  path: string;
  absolute: string;
  text: string;
  /** sha256 of the content, hexadecimal. */
  hash: string;
}

export interface Project {
  root: string;
  files: SourceText[];
  options: ts.CompilerOptions;
  /** The configuration in use, relative to the project root. */
  tsconfig: string | undefined;
  /** Where a specifier leads from a file: the absolute path of a source file, or the package's specifier. */
  resolve(from: string, specifier: string): string;
}

export interface FileSettings {
  /** Folder of the configuration file; reported paths are relative to it. */
  projectRoot: string;
  /** Folder that is analysed, relative to `projectRoot`. */
  root: string;
  tsconfig?: string | undefined;
  exclude: readonly string[];
  entries?: readonly string[] | undefined;
  /** Texts in the place of what is on the disk, by absolute path: what a fix would write. */
  texts?: ReadonlyMap<string, string> | undefined;
}

const SOURCE = /\.[cm]?[jt]sx?$/;
const DECLARATION = /\.d\.[cm]?ts$|\.min\.[cm]?js$/;
const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'coverage', 'runs', 'bower_components']);
/** Files that are never a root of the analysis; they are read when something that is analysed imports them. */
const NOT_A_ROOT =
  /(^|\/)(__tests__|__mocks__|tests?|e2e|spec|fixtures?|examples?|benchmarks?|stories)\/|\.(test|spec|stories|bench)\.[cm]?[jt]sx?$|(^|\/)[\w.-]+\.config\.[cm]?[jt]s$/;
const LARGEST_BYTES = 2_000_000;

export function findProject(settings: FileSettings): Project {
  const root = path.resolve(settings.projectRoot, settings.root);
  const config = readTsconfig(settings, root);
  const resolve = createResolver(root, config?.options ?? {});
  const given = (settings.entries ?? []).map((each) => path.resolve(settings.projectRoot, each));
  const listed = [...(config?.files ?? walk(root)), ...given];
  const files = new Map<string, SourceText>();
  const queue = listed.filter((each) => given.includes(each) || isRoot(settings, root, each));
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (files.has(next)) continue;
    const source = readSource(settings, next);
    if (!source) continue;
    files.set(next, source);
    for (const { fileName } of ts.preProcessFile(source.text, true, true).importedFiles) {
      const found = resolve(next, fileName);
      if (path.isAbsolute(found) && isInside(root, found)) queue.push(found);
    }
  }
  return {
    root,
    files: [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    options: config?.options ?? {},
    tsconfig: config && relative(settings.projectRoot, config.path),
    resolve,
  };
}

export const relative = (root: string, file: string): string =>
  path.relative(root, file).split(path.sep).join('/');

function isInside(root: string, file: string): boolean {
  const inside = path.relative(root, file);
  return !inside.startsWith('..') && !inside.split(path.sep).some((each) => SKIPPED_FOLDERS.has(each));
}

function isRoot(settings: FileSettings, root: string, file: string): boolean {
  const inRoot = relative(root, file);
  const inProject = relative(settings.projectRoot, file);
  if (!SOURCE.test(file) || DECLARATION.test(file) || NOT_A_ROOT.test(inRoot) || !isInside(root, file))
    return false;
  return !settings.exclude.some(
    (each) => path.matchesGlob(inProject, each) || inProject.startsWith(`${each.replace(/\/$/, '')}/`),
  );
}

function readSource({ projectRoot, texts }: FileSettings, file: string): SourceText | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats?.isFile() || stats.size > LARGEST_BYTES || DECLARATION.test(file) || !SOURCE.test(file))
    return undefined;
  const text = texts?.get(file) ?? readFileSync(file, 'utf8');
  const hash = createHash('sha256').update(text).digest('hex');
  return { path: relative(projectRoot, file), absolute: file, text, hash };
}

function walk(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((each) => {
    const full = path.join(folder, each.name);
    if (each.isDirectory())
      return SKIPPED_FOLDERS.has(each.name) || each.name.startsWith('.') ? [] : walk(full);
    return SOURCE.test(each.name) && !DECLARATION.test(each.name) ? [full] : [];
  });
}

interface Tsconfig {
  path: string;
  options: ts.CompilerOptions;
  files: string[];
}

function readTsconfig(settings: FileSettings, root: string): Tsconfig | undefined {
  const given = settings.tsconfig;
  const file =
    given === undefined ? path.join(root, 'tsconfig.json') : path.resolve(settings.projectRoot, given);
  if (!existsSync(file)) {
    if (given === undefined) return undefined;
    throw new UsageError(
      `source.tsconfig: no file at ${relative(settings.projectRoot, file)} (looked in the folder of the configuration); ` +
        'correct the path, or leave the key out to have the files found without it',
    );
  }
  const seen = new Set<string>();
  const found = readReferenced(file, seen);
  const covered = found.files.filter((each) => isRoot(settings, root, each));
  // A configuration for the editor only (`files: []`, or the tests) says nothing of what runs.
  return covered.length > 0 ? found : { ...found, files: walk(root) };
}

function readReferenced(file: string, seen: Set<string>): Tsconfig {
  seen.add(file);
  const read = ts.readConfigFile(file, (each) => ts.sys.readFile(each));
  const parsed = ts.parseJsonConfigFileContent(
    read.config ?? {},
    ts.sys,
    path.dirname(file),
    undefined,
    file,
  );
  const files = [...parsed.fileNames];
  let options = parsed.options;
  for (const reference of parsed.projectReferences ?? []) {
    const target = ts.resolveProjectReferencePath(reference);
    if (seen.has(target) || !existsSync(target)) continue;
    const inner = readReferenced(target, seen);
    files.push(...inner.files);
    if (parsed.fileNames.length === 0) options = inner.options;
  }
  return { path: file, options, files };
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

function createResolver(root: string, options: ts.CompilerOptions): Project['resolve'] {
  const known = new Map<string, string>();
  const isFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
  const relativePath = (base: string): string | undefined => {
    const swapped = base.replace(/\.([cm]?)js(x?)$/, '.$1ts$2');
    return [
      ...(swapped === base ? [] : [swapped, base.replace(/\.js$/, '.tsx')]),
      ...SUFFIXES.map((each) => base + each),
    ].find(isFile);
  };
  const byCompiler = (from: string, specifier: string): string | undefined => {
    const inUse: ts.CompilerOptions = {
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      module: ts.ModuleKind.ESNext,
      ...options,
      allowJs: true,
    };
    const found = ts.resolveModuleName(specifier, from, inUse, ts.sys).resolvedModule?.resolvedFileName;
    if (!found || DECLARATION.test(found)) return undefined;
    const real = realpathSync(found);
    return isInside(root, real) ? real : undefined;
  };
  const look = (from: string, specifier: string): string => {
    const bare = specifier.replace(/^node:/, '');
    if (BUILT_IN.has(bare) || specifier.startsWith('node:')) return `node:${bare}`;
    if (/^\.{0,2}\//.test(specifier) || specifier === '.' || specifier === '..')
      return (
        relativePath(path.resolve(path.dirname(from), specifier)) ?? byCompiler(from, specifier) ?? specifier
      );
    return byCompiler(from, specifier) ?? specifier;
  };
  return (from, specifier) => {
    const key = `${path.dirname(from)}\0${specifier}`;
    let found = known.get(key);
    if (found === undefined) known.set(key, (found = look(from, specifier)));
    return found;
  };
}
