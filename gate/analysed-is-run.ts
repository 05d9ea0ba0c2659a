/**
 * What is analysed is what runs: holds the program that was started against the sources that were analysed.
 * A build older than its sources, sources edited while the gate ran, a program from elsewhere: `unknown`.
 */
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { Config } from '../harness/config.ts';
import { createVerdict, type Verdict } from '../harness/verdict.ts';

export interface AnalysedFile {
  /** Relative to the project root. */
  path: string;
  /** SHA-256 of the content, hexadecimal. */
  hash: string;
}

interface Request {
  projectRoot: string;
  config: Config;
  /** What the source stage wrote down; absent when it wrote nothing. */
  analysed: AnalysedFile[] | undefined;
  /** The build step ran in this very gate and passed. */
  built: boolean;
}

/** One verdict of the source stage. */
export function judgeAnalysedIsRun(request: Request): Verdict {
  const problem = findProblem(request);
  return createVerdict({
    stage: 'source',
    check: 'analysed-is-run',
    subject: 'program',
    outcome: problem === undefined ? 'pass' : 'unknown',
    message: problem?.message ?? passMessage(request),
    ...(problem === undefined ? {} : { fix: problem.fix }),
    evidence: request.analysed === undefined ? [] : ['stages/source/files.json'],
    startedAt: new Date().toISOString(),
  });
}

function findProblem({
  projectRoot,
  config,
  analysed,
  built,
}: Request): { message: string; fix: string } | undefined {
  if (analysed === undefined || analysed.length === 0) {
    return {
      message: 'the source stage wrote no list of analysed files',
      fix: 'look at the verdicts of the source stage',
    };
  }
  const changed = analysed.filter(({ path, hash }) => hashOf(join(projectRoot, path)) !== hash);
  if (changed.length > 0) {
    return {
      message: `${changed.length} analysed files changed while the gate ran: ${changed
        .slice(0, 3)
        .map(({ path }) => path)
        .join(', ')}`,
      fix: 'run the gate again and leave the sources alone meanwhile',
    };
  }
  const programs = programsOf(projectRoot, config);
  if (programs.length === 0) {
    return {
      message: `no file of a program is named in service.command: ${config.service?.command.join(' ')}`,
      fix: 'start the program by its file (`node src/main.ts`), so that it can be compared with what was analysed',
    };
  }
  const known = new Set(analysed.map(({ path }) => realpathSync(join(projectRoot, path))));
  const outputs = built
    ? (config.build?.outputs ?? []).map((output) => realpathSync(resolve(projectRoot, output)))
    : [];
  const stranger = programs.find(
    (path) => !known.has(path) && !outputs.some((output) => isInside(path, output)),
  );
  if (stranger === undefined) return undefined;
  return {
    message: `the service runs ${relative(realpathSync(projectRoot), stranger)}, which is not among the ${analysed.length} analysed files`,
    fix: 'name the step that makes it from the sources in "build", with its outputs',
  };
}

function passMessage({ projectRoot, config, analysed }: Request): string {
  const names = programsOf(projectRoot, config).map((path) => relative(realpathSync(projectRoot), path));
  return `what was started, ${names.join(' and ')}, is made of the ${analysed?.length} files that were analysed`;
}

/** Every file of code that the command names, preloads included, as Node would find it. Real paths. */
function programsOf(projectRoot: string, config: Config): string[] {
  const cwd = resolve(projectRoot, config.service?.cwd ?? '.');
  return (config.service?.command.slice(1) ?? [])
    .map((word) => resolve(cwd, word.replace(/^--[\w-]+=/, '')))
    .flatMap(
      (path) => ['', '.js', '.cjs', '.mjs', '/index.js'].map((ending) => path + ending).find(isCode) ?? [],
    )
    .map((path) => realpathSync(path));
}

function isCode(path: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(path) && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}

function hashOf(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return undefined; // removed meanwhile: counts as changed
  }
}
