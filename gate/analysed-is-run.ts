/**
 * What is analysed is what runs: holds the program that was started against the sources that were analysed.
 * A build older than its sources, sources edited while the gate ran, a program from elsewhere: `unknown`.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
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
  const program = programOf(projectRoot, config);
  if (program === undefined) {
    return {
      message: `no file of the project is named in service.command: ${config.service?.command.join(' ')}`,
      fix: 'start the program by its file (`node src/main.ts`), so that it can be compared with what was analysed',
    };
  }
  if (analysed.some(({ path }) => join(projectRoot, path) === program)) return undefined;
  if (built && config.build?.outputs.some((output) => isInside(program, resolve(projectRoot, output))))
    return undefined;
  return {
    message: `the service runs ${relative(projectRoot, program)}, which is not among the ${analysed.length} analysed files`,
    fix: 'name the step that makes it from the sources in "build", with its outputs',
  };
}

function passMessage({ projectRoot, config, analysed }: Request): string {
  const program = programOf(projectRoot, config) ?? '';
  return `the program started, ${relative(projectRoot, program)}, is made of the ${analysed?.length} files that were analysed`;
}

/** The first word of the command that is a file of the project. */
function programOf(projectRoot: string, config: Config): string | undefined {
  const cwd = resolve(projectRoot, config.service?.cwd ?? '.');
  return config.service?.command
    .map((word) => (isAbsolute(word) ? word : join(cwd, word)))
    .find(
      (path) =>
        /\.[cm]?[jt]s$/.test(path) &&
        existsSync(path) &&
        isInside(realpathSync(path), realpathSync(projectRoot)),
    );
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
