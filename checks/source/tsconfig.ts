/**
 * Reads a project's tsconfig with what it extends and refers to. What is wrong with one is said, not thrown: the files are
 * then found without it. Called by the reader of the project.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ts } from 'ts-morph';

export interface Tsconfig {
  path: string;
  options: ts.CompilerOptions;
  files: string[];
  /** What is wrong, and with which file. */
  problems: Problem[];
  /** Every configuration that was read or looked for, absolute. */
  looked: string[];
}

export interface Problem {
  /** Absolute. */
  file: string;
  message: string;
}

/** "No inputs were found": that is seen from the files. */
const NO_INPUTS = new Set([18002, 18003]);

export function readTsconfig(file: string): Tsconfig {
  const found: Tsconfig = { path: file, options: {}, files: [], problems: [], looked: [] };
  const { options } = readInto(found, file, new Set());
  return { ...found, options };
}

function readInto(
  found: Tsconfig,
  file: string,
  seen: Set<string>,
): { options: ts.CompilerOptions; count: number } {
  seen.add(file);
  const host: ts.ParseConfigFileHost = {
    ...ts.sys,
    readFile: (each) => {
      found.looked.push(path.resolve(each));
      return ts.sys.readFile(each);
    },
    fileExists: (each) => {
      found.looked.push(path.resolve(each));
      return ts.sys.fileExists(each);
    },
    onUnRecoverableConfigFileDiagnostic: (each) => found.problems.push(problemOf(each, file)),
  };
  const parsed = ts.getParsedCommandLineOfConfigFile(file, {}, host);
  if (!parsed) return { options: {}, count: 0 };
  for (const each of parsed.errors) if (!NO_INPUTS.has(each.code)) found.problems.push(problemOf(each, file));
  found.files.push(...parsed.fileNames);
  const folders = Object.keys(parsed.wildcardDirectories ?? {});
  found.looked.push(...folders.filter((each) => isHidden(path.relative(path.dirname(file), each))));
  let { options } = parsed;
  for (const reference of parsed.projectReferences ?? []) {
    const target = ts.resolveProjectReferencePath(reference);
    found.looked.push(target);
    if (seen.has(target)) continue;
    if (!existsSync(target)) {
      found.problems.push({
        file,
        message: `it refers to ${reference.originalPath ?? target}, which is not there`,
      });
      continue;
    }
    const inner = readInto(found, target, seen);
    if (parsed.fileNames.length === 0) options = inner.options;
  }
  return { options, count: parsed.fileNames.length };
}

/** A folder that nobody finds who walks over the tree, by its relative name. */
export const isHidden = (folder: string): boolean => /(^|[/\\])\.[^./\\]/.test(folder);

function problemOf(diagnostic: ts.Diagnostic, file: string): Problem {
  return {
    file: diagnostic.file?.fileName ?? file,
    message: ts.flattenDiagnosticMessageText(diagnostic.messageText, ' '),
  };
}
