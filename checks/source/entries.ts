/**
 * Finds where a program starts: from the configuration, the package, the Dockerfile, by convention, or by what the files
 * do at top level. Called by the source stage.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { namesBeside } from './entry-commands.ts';
import type { Project } from './files.ts';
import { UsageError } from '../../harness/errors.ts';

export interface Entry {
  /** Absolute path of a file of the project. */
  file: string;
  /** What named it: `source.entries`, `package.json main`, `by convention`, ... */
  because: string;
}

export interface PackageFile {
  main?: unknown;
  bin?: unknown;
  exports?: unknown;
  scripts?: unknown;
  oclif?: unknown;
}

/** Entries that something names; empty when nothing does (then the graph looks at what the files do at top level). */
export function findEntries(project: Project, projectRoot: string, configured?: readonly string[]): Entry[] {
  if (configured) return configured.map((each) => configuredEntry(project, projectRoot, each));
  const named = [...packageEntries(project), ...dockerEntries(project), ...besideEntries(project)];
  const found = unique(named.length > 0 ? named : conventional(project));
  return found;
}

function configuredEntry(project: Project, projectRoot: string, entry: string): Entry {
  const file = path.resolve(projectRoot, entry);
  if (!project.files.some((each) => each.absolute === file))
    throw new UsageError(
      `source.entries: ${entry} is not among the ${project.files.length} source files of the project; ` +
        'name a file relative to the configuration, inside source.root and not excluded',
    );
  return { file, because: 'source.entries' };
}

const unique = (entries: Entry[]): Entry[] => [...new Map(entries.map((each) => [each.file, each])).values()];

function packageEntries(project: Project): Entry[] {
  const folder = [project.root, path.dirname(project.root)].find((each) =>
    existsSync(path.join(each, 'package.json')),
  );
  if (!folder) return [];
  let parsed: PackageFile;
  try {
    parsed = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as PackageFile;
  } catch {
    // A package.json that cannot be read names no entries; the other ways of finding them remain.
    return [];
  }
  const scripts = Object.entries((parsed.scripts ?? {}) as Record<string, unknown>)
    .filter(([name]) => /^(start|dev|serve)\b/.test(name))
    .flatMap(([name, command]) =>
      commandFiles(String(command)).map((file) => [`package.json scripts.${name}`, file] as const),
    );
  const fields = (['main', 'bin', 'exports'] as const).flatMap((name) =>
    strings(parsed[name]).map((file) => [`package.json ${name}`, file] as const),
  );
  const pick = (each: readonly (readonly [string, string])[]): Entry[] =>
    each.flatMap(([because, file]) => {
      const source = sourceOf(project, folder, file);
      return source ? [{ file: source, because }] : [];
    });
  const started = pick(scripts);
  return [...(started.length > 0 ? started : pick(fields)), ...commandEntries(project, folder, parsed)];
}

/** The folder of a command line's commands: each file of it is run by its name. */
function commandEntries(project: Project, folder: string, { oclif }: PackageFile): Entry[] {
  const commands = typeof oclif === 'object' && oclif !== null && 'commands' in oclif ? oclif.commands : '';
  const [named = ''] = strings(commands);
  if (named === '') return [];
  const plain = named.replace(/^\.\//, '').replace(/\/$/, '');
  const folders = [plain, plain.replace(/^[\w.-]+\//, 'src/'), plain.replace(/^[\w.-]+\//, '')];
  const found = folders
    .map((each) => `${path.resolve(folder, each)}${path.sep}`)
    .map((each) => project.files.filter(({ absolute }) => absolute.startsWith(each)))
    .find((files) => files.length > 0);
  return (found ?? []).map(({ absolute }) => ({ file: absolute, because: 'package.json oclif' }));
}

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(strings);
  return [];
}

const RUNNERS =
  /(?:^|[\s;&|/])(?:node|nodejs|tsx|ts-node|ts-node-dev|nodemon|bun|deno|swc-node|node-dev|pm2)(?=\s)/;

/** Files that a command line hands to a runner: `node --flag dist/main.js`. */
export function commandFiles(command: string): string[] {
  if (/\bnest\s+start\b/.test(command)) return ['src/main.ts'];
  if (!RUNNERS.test(command)) return [];
  return command
    .split(/[\s"',[\]]+/)
    .filter(
      (word) =>
        !word.startsWith('-') &&
        (/\.[cm]?[jt]sx?$/.test(word) || /^(\.\/)?(dist|build|out|lib|src)\/[\w./-]+$/.test(word)),
    );
}

function dockerEntries(project: Project): Entry[] {
  const file = path.join(project.root, 'Dockerfile');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /^\s*(CMD|ENTRYPOINT)\b/i.test(line));
  return lines.flatMap((line) =>
    commandFiles(line.replace(/[[\]",]/g, ' ')).flatMap((each) => {
      const source = sourceOf(project, project.root, each);
      return source ? [{ file: source, because: 'Dockerfile' }] : [];
    }),
  );
}

/** What a Procfile, a compose file, pm2 or the Nest command line starts. */
function besideEntries(project: Project): Entry[] {
  return namesBeside(project.root).flatMap(({ because, command, file }) =>
    [...(file === undefined ? [] : [file]), ...(command === undefined ? [] : commandFiles(command))].flatMap(
      (each) => {
        const source = sourceOf(project, project.root, each);
        return source ? [{ file: source, because }] : [];
      },
    ),
  );
}

/** The source behind a path that may name a build output: `dist/x.js` is `src/x.ts`. */
function sourceOf(project: Project, folder: string, file: string): string | undefined {
  const known = new Set(project.files.map((each) => each.absolute));
  const plain = file.replace(/^\.\//, '').replace(/^\/?(usr\/src\/app|app|srv)\//, '');
  const stem = plain.replace(/\.[cm]?[jt]sx?$/, '');
  const stems = [
    stem,
    // Whatever the folder of the output is called.
    stem.replace(/^[\w.-]+\//, 'src/'),
    stem.replace(/^[\w.-]+\//, ''),
  ];
  for (const each of stems)
    for (const suffix of ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '/index.ts', '/index.js']) {
      const candidate = path.resolve(folder, each + suffix);
      if (known.has(candidate)) return candidate;
    }
  return undefined;
}

function conventional(project: Project): Entry[] {
  for (const folder of ['src', '.'])
    for (const name of ['main', 'server', 'index', 'app']) {
      const file = sourceOf(project, project.root, `${folder}/${name}`);
      if (file) return [{ file, because: 'by convention' }];
    }
  return [];
}
