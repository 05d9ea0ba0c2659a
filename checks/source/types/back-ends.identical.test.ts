/** Both compilers answer alike: every question about every call of all fixtures and of the service. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ts } from 'ts-morph';
import { describe, expect, it } from 'vitest';
import { createOracle } from './oracle.ts';
import type { BackEnd, TypeQuestion } from './programs.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const SOURCE = /(?<!\.d)\.[cm]?[jt]sx?$/;

const filesOf = (folder: string): string[] =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((each) => SOURCE.test(each) && !each.includes('node_modules'))
    .map((each) => path.join(ROOT, folder, each))
    .sort();

function questionsOf(file: string): TypeQuestion[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const found: TypeQuestion[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node))
      found.push({ file, start: node.getStart(source), end: node.end });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const isCommonJs = (file = ''): boolean => /\.c?js$/.test(file);

/** What is said of each call, one line each. */
function answersOf(files: string[], options: ts.CompilerOptions, backEnd: BackEnd): string[] {
  const oracle = createOracle({ projectRoot: ROOT, files, options, backEnd });
  try {
    const answers = files.flatMap(questionsOf).map((each) => {
      const { file, start, end } = each;
      const said = {
        promise: oracle.isPromise(each),
        class: oracle.classOf(each),
        result: oracle.resultClassOf(each),
        // Of what a CommonJS module exports, 7 names the place in `module.exports`, 6 the declaration.
        declared: isCommonJs(oracle.declarationOf(each)?.file) ? undefined : oracle.declarationOf(each),
        texts: oracle.firstTexts(each),
      };
      return `${path.relative(ROOT, file)}:${start}-${end} ${JSON.stringify(said)}`;
    });
    return [...answers, ...oracle.notes(), `unresolved: ${oracle.unresolved()}`];
  } finally {
    oracle.end();
  }
}

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  types: ['node'],
  moduleDetection: ts.ModuleDetectionKind.Force,
};

describe('both compilers', () => {
  it.each([
    ['fixtures/rules', OPTIONS],
    ['service/src', { ...OPTIONS, module: ts.ModuleKind.NodeNext }],
  ] as const)('answer alike on %s', { timeout: 300_000 }, (folder, options) => {
    const files = filesOf(folder);
    const six = answersOf(files, options, 6);
    expect(six.length).toBeGreaterThan(300);
    expect(answersOf(files, options, 7)).toEqual(six);
  });
});
