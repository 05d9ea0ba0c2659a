/** What is run side by side: the whole suite in its ways, and the peers with one rule each. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Command } from './measure.ts';
import { PEERS, REPOSITORY } from './places.ts';
import type { Tree } from './trees.ts';

export type SubjectId = 'tsc' | 'eslint' | 'oxlint' | 'suite7' | 'suite6' | 'unchanged';

export interface Subject {
  title: string;
  command(tree: Tree, output: string): Command;
}

/** Of large trees the peers need more than Node gives by itself. */
const NODE = [process.execPath, '--max-old-space-size=12000'];
const WITHIN_MS = 1_200_000;
const peer = (file: string): string => join(PEERS, 'node_modules', file);

const ESLINT_CONFIG = `import tseslint from 'typescript-eslint';
const root = process.cwd();
export default [
  {
    files: ['**/*.{ts,tsx,mts,cts}'],
    languageOptions: { parser: tseslint.parser, parserOptions: { project: './tsconfig.json', tsconfigRootDir: root } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'off' },
    rules: { '@typescript-eslint/no-floating-promises': 'error' },
  },
];
`;

const OXLINT_CONFIG = JSON.stringify({
  plugins: ['typescript'],
  categories: { correctness: 'off' },
  rules: { 'typescript/no-floating-promises': 'error' },
});

/** Configurations of the peers, beside their packages. */
export function writePeerConfigs(): void {
  writeFileSync(join(PEERS, 'node_modules/eslint.config.mjs'), ESLINT_CONFIG);
  writeFileSync(join(PEERS, 'node_modules/oxlint.json'), OXLINT_CONFIG);
}

export const eslintArgv = (sources: string, more: readonly string[] = []): string[] => [
  ...NODE,
  peer('eslint/bin/eslint.js'),
  '--config',
  peer('eslint.config.mjs'),
  ...more,
  sources,
];

export const SUBJECTS = {
  tsc: {
    title: 'tsc 6 --noEmit',
    command: (tree, output) => ({
      argv: [...NODE, peer('typescript/bin/tsc'), '--noEmit', '--pretty', 'false', '-p', 'tsconfig.json'],
      cwd: tree.folder,
      done: [0, 1, 2],
      output,
      withinMs: WITHIN_MS,
    }),
  },
  eslint: {
    title: 'typescript-eslint, one rule',
    command: (tree, output) => ({
      argv: eslintArgv(tree.sources, ['--quiet']),
      cwd: tree.folder,
      done: [0, 1],
      output,
      withinMs: WITHIN_MS,
    }),
  },
  oxlint: {
    title: 'oxlint type-aware, one rule',
    command: (tree, output) => ({
      argv: [
        process.execPath,
        peer('oxlint/bin/oxlint'),
        '--type-aware',
        '-c',
        peer('oxlint.json'),
        tree.sources,
      ],
      cwd: tree.folder,
      env: { OXLINT_TSGOLINT_PATH: join(PEERS, 'node_modules/.bin/tsgolint') },
      done: [0, 1],
      output,
      withinMs: WITHIN_MS,
    }),
  },
  suite7: { title: 'suite, cold, TypeScript 7', command: (tree, output) => cold(tree, output, '7') },
  suite6: { title: 'suite, cold, TypeScript 6', command: (tree, output) => cold(tree, output, '6') },
  /** Runs right after a cold one, whose result it finds. */
  unchanged: { title: 'suite, nothing changed', command: (tree, output) => suite(tree, output, '6') },
} as const satisfies Record<SubjectId, Subject>;

/** Everything that a run keeps for the next is taken away. */
function cold(tree: Tree, output: string, types: string): Command {
  rmSync(join(tree.folder, '.shakedown'), { recursive: true, force: true });
  return suite(tree, output, types);
}

function suite(tree: Tree, output: string, types: string): Command {
  const program = join(REPOSITORY, 'bin/shakedown.js');
  // One folder for all: what is asked again must be asked in the same words.
  const runs = join(dirname(output), `${basename(tree.folder)}.runs`);
  if (!existsSync(program)) throw new Error(`no program at ${program}`);
  return {
    argv: [process.execPath, program, 'check', '--types', types, '--runs', runs, tree.folder],
    cwd: tree.folder,
    done: [0, 1, 3],
    output,
    withinMs: WITHIN_MS,
  };
}
