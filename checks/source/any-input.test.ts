/** Whatever lies on the disk: what cannot be read is said, and the rest is still checked. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import { defineRule } from './rule.ts';
import { RULES } from './rules.ts';
import { checkSource, type SourceResult } from './source-stage.ts';
import { checkFiles, inProject, problems } from './testing-project.ts';

/** A timer that nobody stops, beside whatever else: it must be found each time. */
const LEAK = `process.once('SIGTERM', () => console.log('bye'));\nconst timer = setInterval(() => 1, 9);\n`;
const ONLY = RULES.filter(({ id }) => id === 'resource-released');
const FOUND = 'resource-released:2 neverReleased';

const withLeak = (files: Record<string, string>): Promise<SourceResult> =>
  checkFiles({ ...files, 'leak.ts': LEAK }, {}, { rules: ONLY });
const check = (projectRoot: string): Promise<SourceResult> =>
  checkSource({ projectRoot, config: configSchema.parse({}), rules: ONLY });
const said = ({ verdicts }: SourceResult): string[] =>
  verdicts.filter((each) => each.check === 'parsed' && each.outcome !== 'pass').map((each) => each.message);

/** Checked whole: nothing is said of the file, and the leak is found. */
async function expectChecked(files: Record<string, string>): Promise<void> {
  const result = await withLeak(files);
  expect(said(result)).toEqual([]);
  expect(problems(result)).toEqual([FOUND]);
}

/** Not checked: said in these words, and the leak in the other file is found. */
async function expectSaid(files: Record<string, string>, words: RegExp): Promise<void> {
  const result = await withLeak(files);
  expect(said(result).join('\n')).toMatch(words);
  expect(problems(result)).toContain(FOUND);
}

const repeat = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join('');

describe('files of every kind', () => {
  it.each(['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx'])('reads %s', async (kind) => {
    const result = await checkFiles({ [`main${kind}`]: LEAK }, {}, { rules: ONLY });
    expect(problems(result)).toEqual([FOUND]);
  });

  it('reads a byte order mark and carriage returns, and tells the same line and column', async () => {
    const text = `\uFEFF${LEAK.replaceAll('\n', '\r\n')}`;
    const { verdicts } = await checkFiles({ 'main.ts': text }, {}, { rules: ONLY });
    expect(verdicts.find(({ outcome }) => outcome === 'fail')?.location).toMatchObject({
      line: 2,
      column: 15,
    });
  });

  it('reads JavaScript that a tsconfig allows', async () => {
    const result = await checkFiles(
      { 'tsconfig.json': '{ "compilerOptions": { "allowJs": true, "checkJs": false } }', 'main.js': LEAK },
      {},
      { rules: ONLY },
    );
    expect(problems(result)).toEqual([FOUND]);
  });

  it('reads decorators, enums, namespaces, `using`, JSX, generators, overloads, satisfies', () =>
    expectChecked({
      'syntax.tsx': `
declare const deco: (...all: unknown[]) => (...all: unknown[]) => void;
enum Colour { Red = 1, Green = Red << 1 }
const enum Fixed { A = 'a' }
namespace Space { export const inner = 1; export namespace Deep { export const far = inner; } }
declare global { interface Window { mine: string } }
abstract class Base<const T extends readonly unknown[]> { abstract run(this: this): void; static { void 0; } accessor x = 1; #p = 2; get p() { return this.#p; } }
@deco('x') export class Own extends Base<[1]> { constructor(private readonly a: number, @deco() public b = a) { super(); } @deco() override run() {} declare c: string; [Symbol.iterator] = function* () { yield* [1]; }; }
function over(a: string): string; function over(a: number): number; function over(a: unknown) { return a; }
export async function* pages() { for await (const x of [Promise.resolve(1)]) yield x; }
export function scoped() { using a = { [Symbol.dispose]() {} }; { await using b = { async [Symbol.asyncDispose]() {} }; } }
export const el = <div {...{ a: 1 }} b={over('x')}>text {Colour.Red}<></></div>;
export const conf = { a: 1n, b: 1_000, c: /x[/]y/v, d: \`t\${1}\`, e: new.target } satisfies Record<string, unknown>;
label: for (const [a = 1, { b, ...c }] of []) { if (a) continue label; else break label; }
import data from './data.json' with { type: 'json' };
import type { A } from './a'; import * as ns from 'ns'; export * as again from 'ns'; export type { A };
import eq = require('node:fs'); export = eq;
let v!: string; v ??= 'x'; v ||= v?.[0]!; (v as unknown as { x: any }).x?.y!.z;
type F<T> = T extends (infer U extends string)[] ? \`\${U}-x\` : { readonly [K in keyof T as \`a\${string & K}\`]-?: T[K] };
`
        .replaceAll('\\`', '`')
        .replaceAll('\\$', '$')
        .replace('new.target', '2'),
      'data.json': '{}',
    }));

  it('names a syntax error, and checks what is beside it', () =>
    expectSaid({ 'broken.ts': 'export const = ;\nclass {' }, /broken\.ts:1 does not parse/));

  it('names a file of another kind under a name of ours', () =>
    expectSaid({ 'binary.ts': '\u0000\u0001\uFFFD\u0002'.repeat(100) }, /binary\.ts:1 does not parse/));
});

describe('files of every size', () => {
  it('reads 50 000 lines', () =>
    expectChecked({
      'long.ts': repeat(
        12_500,
        (i) =>
          `export function f${i}(a: number) {\n  if (a > ${i}) return f${i >> 1}(a - 1);\n  return a;\n}\n`,
      ),
    }));

  it('reads a list and an object of 20 000 members', () =>
    expectChecked({
      'list.ts': `export const list = [${repeat(20_000, (i) => `{ id: ${i}, run: () => ${i} },`)}];\n`,
      'object.ts': `export const object = {${repeat(20_000, (i) => `k${i}: ${i},`)}};\nobject.k1;\n`,
    }));

  it.each(['+', '||', '??'])('reads 10 000 operands of %s', (operator) =>
    expectChecked({ 'sum.ts': `let a = 1;\nexport const sum = a${` ${operator} a`.repeat(10_000)};\n` }),
  );

  it.each([
    ['operands that are not summed', `export const a = 1${' * 1'.repeat(3000)};`],
    ['brackets', `export const a = ${'['.repeat(20_000)}${']'.repeat(20_000)};`],
    ['calls on calls', `declare const a: any;\na${'.b()'.repeat(3000)};`],
    ['functions', `export const a = ${'() => '.repeat(3000)}1;`],
    ['conditions', `export const a = ${'1 ? 2 : '.repeat(3000)}3;`],
  ])('names what is nested too deeply: %s', (_kind, text) =>
    expectSaid({ 'deep.ts': text }, /deep\.ts was not read \(.*nested/),
  );

  it('names blocks that are nested too deeply', () =>
    expectSaid(
      { 'deep.ts': `${'if (1) { '.repeat(3000)}${'}'.repeat(3000)}` },
      /deep\.ts was not read \(.*nested/,
    ));
});

describe('projects of every kind', () => {
  it('follows imports in a circle', () =>
    expectChecked({
      'a.ts': "export * from './b';\nexport { c } from './c';\nimport './a';\n",
      'b.ts': "export * from './c';\nexport * from './a';\n",
      'c.ts': "import * as a from './a';\nexport const c = () => a;\nexport default a;\n",
      'd.ts': 'class A extends B {}\nclass B extends A {}\nexport { A };\nnew A();\n',
    }));

  it.each([
    ['is no JSON', '{ "compilerOptions": { "strict": tru', /tsconfig\.json: /],
    ['extends what is not there', '{ "extends": "./gone.json" }', /tsconfig\.json: .*gone\.json/],
    ['extends itself', '{ "extends": "./tsconfig.json" }', /tsconfig\.json: .*[Cc]ircular/],
    ['refers to itself', '{ "references": [{ "path": "." }] }', undefined],
    [
      'refers to what is not there',
      '{ "references": [{ "path": "./gone" }] }',
      /tsconfig\.json: it refers to .*gone/,
    ],
    ['is empty', '', undefined],
    ['is a list', '[]', undefined],
  ])('finds the sources when the tsconfig %s', async (_kind, text, words) => {
    const result = await withLeak({ 'tsconfig.json': text });
    expect(problems(result)).toEqual([FOUND]);
    if (words) expect(result.notes.join('\n')).toMatch(words);
  });

  it('reads references in a circle', async () => {
    const of = (other: string): string =>
      `{ "files": [], "include": ["*.ts"], "references": [{ "path": "../${other}" }] }`;
    const result = await checkFiles(
      {
        'tsconfig.json': '{ "files": [], "references": [{ "path": "./a" }] }',
        'a/tsconfig.json': of('b'),
        'b/tsconfig.json': of('a'),
        'a/main.ts': LEAK,
        'b/x.ts': 'export {};',
      },
      {},
      { rules: ONLY },
    );
    expect(problems(result)).toEqual([FOUND]);
    expect(result.files).toHaveLength(2);
  });

  it('checks with packages that are not installed', () =>
    expectChecked({
      'package.json': '{ "dependencies": { "gone": "1.0.0" } }',
      'uses.ts':
        "import gone, { a } from 'gone';\nimport '@scope/gone/deep';\ngone(a);\nnew gone.Thing().on('x', a);\n",
    }));

  it('checks with a package.json that is no JSON', () => expectChecked({ 'package.json': '{ "main": ' }));

  it('names a file that cannot be read, and links in a circle hold nobody up', () =>
    inProject({ 'leak.ts': LEAK, 'inner/x.ts': 'export {};\n' }, async (root) => {
      // Readable by its mode, and reading it fails, also for root.
      symlinkSync('/proc/self/mem', path.join(root, 'unreadable.ts'));
      symlinkSync('loop.ts', path.join(root, 'loop.ts'));
      symlinkSync('gone.ts', path.join(root, 'dangling.ts'));
      symlinkSync('..', path.join(root, 'inner/up'));
      mkdirSync(path.join(root, 'folder.ts'));
      writeFileSync(path.join(root, 'empty.ts'), '');
      const result = await check(root);
      expect(
        said(result)
          .map((each) => each.split(' (')[0])
          .sort(),
      ).toEqual(['loop.ts was not read', 'unreadable.ts was not read']);
      expect(problems(result)).toContain(FOUND);
      expect(result.files.map((each) => each.path)).toEqual(['empty.ts', 'inner/x.ts', 'leak.ts']);
    }));
});

it('a rule that throws is one unknown that names it, and the others run', async () => {
  const throwing = defineRule({
    ...(ONLY[0] ?? expect.fail('no such rule')),
    id: 'throws',
    check: () => {
      throw new Error('on purpose');
    },
  });
  const result = await checkFiles({ 'leak.ts': LEAK }, {}, { rules: [throwing, ...ONLY] });
  const unknown = result.verdicts.filter(({ outcome }) => outcome === 'unknown');
  expect(unknown.map(({ check: id, message }) => [id, message])).toEqual([
    ['throws', expect.stringMatching(/rule throws crashed: .*on purpose/)],
  ]);
  expect(problems(result)).toContain(FOUND);
});
