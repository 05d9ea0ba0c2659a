/**
 * Every floating promise of a tree, by the engine and by typescript-eslint, and where they differ:
 * `node checks/bench/floating.ts FOLDER [--types 6|7] [--list]`. Exits 1 when they differ.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ts } from 'ts-morph';
import { createFloatingSearch } from '../source/types/floating.ts';
import type { BackEnd } from '../source/types/programs.ts';
import type { Types } from '../source/types/types.ts';
import { createTypes6 } from '../source/types/typescript6.ts';
import { createTypes7 } from '../source/types/typescript7.ts';
import { installLocked, PEERS, WORK } from './places.ts';
import { eslintArgv, writePeerConfigs } from './subjects.ts';

/** `file:line:column kind`, sorted; of the files that the tsconfig.json of the folder names. */
export function floatingByEngine(folder: string, backEnd: BackEnd): string[] {
  const config = join(folder, 'tsconfig.json');
  const read = ts.readConfigFile(config, (file) => ts.sys.readFile(file));
  const parsed = ts.parseJsonConfigFileContent(read.config, ts.sys, folder, undefined, config);
  const input = { root: folder, files: parsed.fileNames, options: parsed.options };
  const types = (backEnd === 7 ? createTypes7(input) : createTypes6(input)) as unknown as Types<object>;
  try {
    const search = createFloatingSearch(types);
    return parsed.fileNames
      .filter((file) => !/\.d\.[cm]?ts$/.test(file) && !file.includes('/node_modules/'))
      .flatMap((file) => {
        const source = types.sourceOf(file);
        if (!source) throw new Error(`${file} is not in the program`);
        return search.inFile(source).map(({ start, kind }) => {
          const { line, character } = source.getLineAndCharacterOfPosition(start);
          return `${relative(folder, file)}:${line + 1}:${character + 1} ${kind}`;
        });
      })
      .sort();
  } finally {
    types.end();
  }
}

interface LintResult {
  filePath: string;
  messages: {
    ruleId: string | null;
    severity: number;
    line: number;
    column: number;
    messageId?: string;
    message: string;
  }[];
}

export function floatingByPeer(folder: string): string[] {
  installLocked(PEERS);
  writePeerConfigs();
  mkdirSync(WORK, { recursive: true });
  const output = join(WORK, `floating-${process.pid}.json`);
  const [program = '', ...rest] = eslintArgv('.', ['--format', 'json', '--output-file', output]);
  try {
    execFileSync(program, rest, { cwd: folder, stdio: ['ignore', 2, 2] });
  } catch (error) {
    // 1 says that it found something; everything else that it did not do its work.
    if ((error as { status?: unknown }).status !== 1) throw error;
  }
  const results = JSON.parse(readFileSync(output, 'utf8')) as LintResult[];
  return results
    .flatMap(({ filePath, messages }) =>
      messages
        // Remarks on comments have no rule and are warnings; that a file does not parse has none, either, and is an error.
        .filter(({ ruleId, severity }) => ruleId !== null || severity === 2)
        .map(
          ({ line, column, messageId, message }) =>
            `${relative(folder, filePath)}:${line}:${column} ${messageId ?? message}`,
        ),
    )
    .sort();
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { types: { type: 'string', default: '6' }, list: { type: 'boolean', default: false } },
  });
  const folder = resolve(positionals[0] ?? '.');
  const startedAt = performance.now();
  const ours = floatingByEngine(folder, values.types === '7' ? 7 : 6);
  process.stdout.write(
    `engine: ${ours.length} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`,
  );
  if (values.list) process.stdout.write(`${ours.join('\n')}\n`);
  else {
    const theirs = floatingByPeer(folder);
    const only = (these: string[], those: string[]): string[] =>
      these.filter((each) => !those.includes(each));
    process.stdout.write(`typescript-eslint: ${theirs.length}\n`);
    for (const each of only(ours, theirs)) process.stdout.write(`engine only: ${each}\n`);
    for (const each of only(theirs, ours)) process.stdout.write(`typescript-eslint only: ${each}\n`);
    process.exitCode = ours.join('\n') === theirs.join('\n') ? 0 : 1;
  }
}
