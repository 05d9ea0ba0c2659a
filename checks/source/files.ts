/**
 * Finds the source files of a project, with their facts, and says where their imports lead. Called by the source stage.
 * Reads the disk; judges nothing.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ts } from 'ts-morph';
import { errorText, UsageError } from '../../harness/errors.ts';
import { openFacts, type FactsCache } from './facts/read-facts.ts';
import type { FileFacts } from './facts/model.ts';
import { createResolver, isInside } from './resolve.ts';
import type { LookedAt } from './result-cache/inputs.ts';
import { DECLARATION, NOT_A_ROOT, SKIPPED_FOLDERS, SOURCE } from './source-names.ts';
import { isHidden, readTsconfig, type Problem, type Tsconfig } from './tsconfig.ts';

export interface SourceFile {
  /** Relative to the project root, with `/`. */
  path: string;
  absolute: string;
  /** sha256 of the content, hexadecimal. */
  hash: string;
  facts: FileFacts;
}

export interface Project {
  root: string;
  files: SourceFile[];
  options: ts.CompilerOptions;
  /** The configuration in use, relative to the project root. */
  tsconfig: string | undefined;
  /** Sources that could not be read. */
  unread: Problem[];
  /** What is wrong with the configuration. */
  problems: Problem[];
  /** Where a specifier leads from a file: the absolute path of a source file, or the package's specifier. */
  resolve(from: string, specifier: string): string;
  /** What was looked at outside the tree. */
  looked(): LookedAt;
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

export interface Reading {
  facts?: FactsCache;
  signal?: AbortSignal | undefined;
}

/** Larger ones are bundles and data, not code that somebody wrote: half a million lines in one file. */
const LARGEST_BYTES = 20_000_000;
/** Lets a signal in after so many files. */
const BREATH = 200;

export async function findProject(settings: FileSettings, reading: Reading = {}): Promise<Project> {
  const root = path.resolve(settings.projectRoot, settings.root);
  const unread: Problem[] = [];
  const config = usedTsconfig(settings, root, unread);
  const { resolve, packages, outside } = createResolver(root, config?.options ?? {});
  const given = (settings.entries ?? []).map((each) => path.resolve(settings.projectRoot, each));
  const listed = [...(config?.files ?? walk(root, unread)), ...given];
  const files = new Map<string, SourceFile>();
  const queue = listed.filter((each) => given.includes(each) || isRoot(settings, root, each));
  const facts = reading.facts ?? openFacts(undefined);
  const seen = new Set<string>();
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const source = readSource(settings, next, facts, unread);
    if (!source) continue;
    files.set(next, source);
    for (const each of source.facts.specifiers) {
      const found = resolve(next, each);
      if (path.isAbsolute(found) && isInside(root, found)) queue.push(found);
    }
    if (files.size % BREATH === 0) await new Promise((done) => setImmediate(done));
    reading.signal?.throwIfAborted();
  }
  return {
    root,
    files: [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    options: config?.options ?? {},
    tsconfig: config && relative(settings.projectRoot, config.path),
    unread,
    problems: config?.problems ?? [],
    resolve,
    looked: () => ({
      packages: [...packages, ...(config?.options.types ?? [])].sort(),
      files: [...new Set([...(config?.looked ?? []), ...outside, ...given, ...aside(root, seen)])].sort(),
    }),
  };
}

/** Folders whose files are not found by walking over the tree: those that a link leads to, and hidden ones. */
function aside(root: string, files: Iterable<string>): string[] {
  const real = realpathSync(root);
  const folders = new Set([...files].map((each) => path.dirname(each)));
  return [...folders].filter((each) => {
    const inside = path.relative(root, each);
    return isHidden(inside) || (existsSync(each) && realpathSync(each) !== path.join(real, inside));
  });
}

export const relative = (root: string, file: string): string =>
  path.relative(root, file).split(path.sep).join('/');

function isRoot(settings: FileSettings, root: string, file: string): boolean {
  const inRoot = relative(root, file);
  const inProject = relative(settings.projectRoot, file);
  if (!SOURCE.test(file) || DECLARATION.test(file) || NOT_A_ROOT.test(inRoot) || !isInside(root, file))
    return false;
  return !settings.exclude.some(
    (each) => path.matchesGlob(inProject, each) || inProject.startsWith(`${each.replace(/\/$/, '')}/`),
  );
}

function readSource(
  { projectRoot, texts }: FileSettings,
  file: string,
  facts: FactsCache,
  unread: Problem[],
): SourceFile | undefined {
  if (DECLARATION.test(file) || !SOURCE.test(file)) return undefined;
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (!stats?.isFile()) return undefined;
    if (stats.size > LARGEST_BYTES) {
      unread.push({
        file,
        message: `it has ${stats.size} bytes, and more than ${LARGEST_BYTES} are not read`,
      });
      return undefined;
    }
    const text = texts?.get(file) ?? readFileSync(file, 'utf8');
    const hash = createHash('sha256').update(text).digest('hex');
    const name = relative(projectRoot, file);
    return { path: name, absolute: file, hash, facts: facts.read({ path: name, text, hash }) };
  } catch (error) {
    // The compiler's own parser runs out of stack where brackets are nested thousands deep.
    const message = error instanceof RangeError ? 'it is nested too deeply to be parsed' : errorText(error);
    unread.push({ file, message });
    return undefined;
  }
}

function walk(folder: string, unread: Problem[]): string[] {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (existsSync(folder)) unread.push({ file: folder, message: errorText(error) });
    return [];
  }
  return entries.flatMap((each) => {
    const full = path.join(folder, each.name);
    if (each.isDirectory())
      return SKIPPED_FOLDERS.has(each.name) || each.name.startsWith('.') ? [] : walk(full, unread);
    return SOURCE.test(each.name) && !DECLARATION.test(each.name) ? [full] : [];
  });
}

function usedTsconfig(settings: FileSettings, root: string, unread: Problem[]): Tsconfig | undefined {
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
  const found = readTsconfig(file);
  const covered = found.files.filter((each) => isRoot(settings, root, each));
  // A configuration for the editor only (`files: []`, or the tests) says nothing of what runs.
  return covered.length > 0 ? found : { ...found, files: walk(root, unread) };
}
