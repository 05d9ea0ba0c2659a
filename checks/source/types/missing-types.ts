/** Packages that are imported and whose types are not there: said once in the summary. Called by the oracle. */
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { ts } from 'ts-morph';
import { oracleOptions } from './options.ts';

export interface ImportOf {
  /** Absolute. */
  file: string;
  specifier: string;
}

export interface ImportsInput {
  projectRoot: string;
  files: readonly string[];
  options: ts.CompilerOptions;
  imports?: () => Iterable<ImportOf>;
}

export function missingTypes(input: ImportsInput): string[] {
  const options = oracleOptions(input.options, path.resolve(input.projectRoot));
  const cache = ts.createModuleResolutionCache(process.cwd(), (name) => name, options);
  const asked = new Set<string>();
  const missing = new Set<string>();
  for (const { file, specifier } of input.imports?.() ?? importsOf(input.files)) {
    if (/^[./]/.test(specifier) || isBuiltin(specifier) || missing.has(specifier)) continue;
    const key = `${path.dirname(file)}\0${specifier}`;
    if (asked.has(key)) continue;
    asked.add(key);
    if (!ts.resolveModuleName(specifier, file, options, ts.sys, cache).resolvedModule) missing.add(specifier);
  }
  if (missing.size === 0) return [];
  const names = [...missing].sort();
  const named = names.slice(0, 5).join(', ');
  return [
    `types missing for ${names.length} imported modules (${named}${names.length > 5 ? ', ...' : ''}); these are judged by the catalogue alone`,
  ];
}

function* importsOf(files: readonly string[]): Generator<ImportOf> {
  for (const file of files)
    for (const { fileName } of ts.preProcessFile(readFileSync(file, 'utf8'), true, true).importedFiles)
      yield { file, specifier: fileName };
}
