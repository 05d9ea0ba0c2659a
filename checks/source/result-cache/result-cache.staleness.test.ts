/** A stale answer is a defect: for each thing that an answer depends on, a change of it must bring a new one. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '../../../harness/config.ts';
import { defineRule } from '../rule.ts';
import { answerFor, type Answer, type SourceCheck } from '../source-stage.ts';

/** Says of each call what the compiler thinks of it, so that everything the types come from shows in the answer. */
const probe = defineRule({
  id: 'probe',
  title: 'calls',
  why: '',
  fix: '',
  messages: {},
  check({ graph, types, examine }) {
    for (const site of graph.program.sites) {
      const file = graph.program.files[site.file]?.path ?? '';
      const { start, end, text } = site.call;
      const answer = types.isPromise({ file, start, end });
      examine({ subject: `${text} ${answer}`, location: graph.locateCall(site) }).pass();
    }
  },
});

let top: string;
let project: string;
let config = configSchema.parse({});
beforeEach(() => {
  top = mkdtempSync(path.join(tmpdir(), 'shakedown-result-'));
  project = path.join(top, 'packages/service');
  config = configSchema.parse({});
  write('packages/service/package.json', '{ "name": "service", "main": "src/main.ts" }');
  write('packages/service/tsconfig.json', '{ "extends": "../../tsconfig.base.json", "include": ["src"] }');
  write('tsconfig.base.json', '{ "compilerOptions": { "strict": true, "module": "esnext", "types": [] } }');
  write('package-lock.json', '{ "lockfileVersion": 3 }');
  write('node_modules/dep/package.json', '{ "name": "dep", "version": "1.0.0", "types": "index.d.ts" }');
  write('node_modules/dep/index.d.ts', 'export function work(): Promise<void>;');
  write(
    'packages/service/src/main.ts',
    "import { work } from 'dep';\nimport { late } from '../../shared/late';\nimport { gone } from 'not-there';\nwork();\nlate();\ngone();\n",
  );
  write('packages/service/src/other.ts', 'export const other = 1;\n');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(top, file)), { recursive: true });
  writeFileSync(path.join(top, file), text);
}

const cacheFolder = (): string => path.join(project, '.shakedown/cache');
const answer = (more: Partial<SourceCheck> = {}): Promise<Answer> =>
  answerFor({ projectRoot: project, config, rules: [probe], cacheFolder: cacheFolder(), ...more });
const entry = (): string =>
  path.join(cacheFolder(), readdirSync(cacheFolder()).find((name) => name.startsWith('result-')) ?? '');
const subjects = ({ verdicts }: Answer): string[] =>
  verdicts.filter(({ check }) => check === 'probe').map(({ subject }) => subject);
const untimed = ({ verdicts, notes, files }: Answer) => ({
  notes,
  files,
  verdicts: verdicts.map((each) => ({ ...each, startedAt: '' })),
});

/** Asserts that an answer was kept, that the change brings a new one, and that the new one is kept in turn. */
async function staleAfter(change: () => void, more: Partial<SourceCheck> = {}): Promise<Answer> {
  await answer();
  expect((await answer()).keptSince, 'kept before the change').toBeDefined();
  change();
  const fresh = await answer(more);
  expect(fresh.keptSince, 'fresh after the change').toBeUndefined();
  const again = await answer(more);
  expect(again.keptSince, 'kept after it').toBeDefined();
  expect(untimed(again)).toEqual(untimed(fresh));
  return fresh;
}

it('gives the same answer again, with the time of now and word of when it was found', async () => {
  const before = new Date().toISOString();
  const first = await answer();
  expect(subjects(first)).toEqual(['work true', 'late undefined', 'gone undefined']);
  const second = await answer();
  expect(second.keptSince).toBeDefined();
  expect((second.keptSince ?? '') >= before).toBe(true);
  expect(second.verdicts.every(({ startedAt }) => startedAt > (second.keptSince ?? ''))).toBe(true);
  expect(untimed(second)).toEqual(untimed(first));
});

describe('is not given again after a change of', () => {
  it('a source, of equal size and with the old time', async () => {
    const file = path.join(project, 'src/main.ts');
    const { atime, mtime } = statSync(file);
    const fresh = await staleAfter(() => {
      writeFileSync(file, readFileSync(file, 'utf8').replace('\nwork();', '\nlate();'));
      utimesSync(file, atime, mtime);
    });
    expect(subjects(fresh)).toEqual(['late undefined', 'late undefined #2', 'gone undefined']);
  });

  it('the set of sources: one more', async () => {
    const fresh = await staleAfter(() => write('packages/service/src/third.ts', 'third();\n'));
    expect(fresh.files).toHaveLength(3);
  });

  it('the set of sources: one less', async () => {
    const fresh = await staleAfter(() => rmSync(path.join(project, 'src/other.ts')));
    expect(fresh.files).toHaveLength(1);
  });

  it('the name of a source', async () => {
    const from = path.join(project, 'src/other.ts');
    await staleAfter(() => renameSync(from, path.join(project, 'src/another.ts')));
  });

  it('the name of a folder', async () => {
    write('packages/service/src/deep/down.ts', 'down();\n');
    const from = path.join(project, 'src/deep');
    await staleAfter(() => renameSync(from, path.join(project, 'src/deeper')));
  });

  it('a declaration that types come from', async () => {
    write('packages/service/src/globals.d.ts', 'declare function third(): Promise<void>;');
    write('packages/service/src/other.ts', 'third();\n');
    await staleAfter(() =>
      write('packages/service/src/globals.d.ts', 'declare function third(): undefined;'),
    );
  });

  it('what a specifier that led nowhere leads to: a module outside the tree', async () => {
    const fresh = await staleAfter(() =>
      write('packages/shared/late.ts', 'export async function late() {}\n'),
    );
    expect(subjects(fresh)).toContain('late true');
  });

  it('a module outside the tree, and what that imports', async () => {
    write('packages/shared/late.ts', "export { late } from './later';\n");
    write('packages/shared/later.ts', 'export function late() {}\n');
    const fresh = await staleAfter(() =>
      write('packages/shared/later.ts', 'export async function late() {}\n'),
    );
    expect(subjects(fresh)).toContain('late true');
  });

  it('what a link in the tree leads to', async () => {
    write('packages/shared/inner/linked.ts', 'linked();\n');
    symlinkSync(path.join(top, 'packages/shared/inner'), path.join(project, 'src/inner'));
    write('packages/service/src/other.ts', "import './inner/linked';\n");
    await staleAfter(() => write('packages/shared/inner/linked.ts', 'linked(1);\n'));
  });

  it('a hidden folder that the tsconfig includes, and that was not there', async () => {
    write('packages/service/tsconfig.json', '{ "include": ["src", ".made/**/*.ts"] }');
    const fresh = await staleAfter(() => write('packages/service/.made/first.ts', 'made();\n'));
    expect(subjects(fresh)).toContain('made undefined');
    await staleAfter(() => write('packages/service/.made/first.ts', 'again();\n'));
  });

  it('what a declaration in a folder of outputs is made of', async () => {
    write('packages/service/dist/made.d.ts', "export { made } from './deep';\n");
    write('packages/service/dist/deep.d.ts', 'export declare function made(): void;\n');
    write('packages/service/src/other.ts', "import { made } from '../dist/made';\nmade();\n");
    const fresh = await staleAfter(() =>
      write('packages/service/dist/deep.d.ts', 'export declare function made(): Promise<void>;\n'),
    );
    expect(subjects(fresh)).toContain('made true');
  });

  it('a source in the folder that gets the runs', async () => {
    const ask = (): Promise<Answer> =>
      answerFor({ projectRoot: project, config, rules: [probe], cacheFolder: cacheFolder() }, [
        path.join(project, 'src'),
      ]);
    await ask();
    write('packages/service/src/20261129T080624Z-check/run.json', '{}');
    expect((await ask()).keptSince, 'a run says nothing of the project').toBeDefined();
    write('packages/service/src/main.ts', 'work();\n');
    expect((await ask()).keptSince).toBeUndefined();
  });

  it('the tsconfig', async () => {
    await staleAfter(() => write('packages/service/tsconfig.json', '{ "include": ["src/main.ts"] }'));
  });

  it('what the tsconfig extends', async () => {
    await staleAfter(() => write('tsconfig.base.json', '{ "compilerOptions": { "strict": false } }'));
  });

  it('what the tsconfig extends and was not there', async () => {
    rmSync(path.join(top, 'tsconfig.base.json'));
    await staleAfter(() => write('tsconfig.base.json', '{ "compilerOptions": { "strict": true } }'));
  });

  it('the package that names the entry', async () => {
    await staleAfter(() => write('packages/service/package.json', '{ "main": "src/other.ts" }'));
  });

  it('the lockfile of the workspace', async () => {
    await staleAfter(() => write('package-lock.json', '{ "lockfileVersion": 3, "packages": {} }'));
  });

  it('a dependency: another version', async () => {
    const fresh = await staleAfter(() => {
      write('node_modules/dep/package.json', '{ "name": "dep", "version": "2.0.0", "types": "index.d.ts" }');
      write('node_modules/dep/index.d.ts', 'export function work(): void;');
    });
    expect(subjects(fresh)).toContain('work false');
  });

  it('a dependency: one that was missing is installed', async () => {
    const fresh = await staleAfter(() => {
      write('node_modules/not-there/package.json', '{ "name": "not-there", "types": "index.d.ts" }');
      write('node_modules/not-there/index.d.ts', 'export function gone(): Promise<void>;');
    });
    expect(subjects(fresh)).toContain('gone true');
  });

  it('a dependency: one that is nearer than before', async () => {
    const fresh = await staleAfter(() => {
      write('packages/node_modules/dep/package.json', '{ "name": "dep", "types": "index.d.ts" }');
      write('packages/node_modules/dep/index.d.ts', 'export function work(): void;');
    });
    expect(subjects(fresh)).toContain('work false');
  });

  it('a dependency: types of a package that brings none', async () => {
    await staleAfter(() => {
      write('node_modules/@types/not-there/package.json', '{ "name": "@types/not-there" }');
      write('node_modules/@types/not-there/index.d.ts', 'export function gone(): Promise<void>;');
    });
  });

  it('a dependency: the package of the workspace that a link leads to', async () => {
    write('packages/linked/package.json', '{ "name": "not-there", "types": "index.d.ts" }');
    write('packages/linked/index.d.ts', 'export function gone(): void;');
    symlinkSync(path.join(top, 'packages/linked'), path.join(top, 'node_modules/not-there'));
    const fresh = await staleAfter(() =>
      write('packages/linked/index.d.ts', 'export function gone(): Promise<void>;'),
    );
    expect(subjects(fresh)).toContain('gone true');
  });

  it('the rules that run', () => staleAfter(() => undefined, { rules: [] }));

  it('the settings of the rules', () =>
    staleAfter(() => {
      config = configSchema.parse({ rules: { off: { probe: 'for a test' } } });
    }));

  it('the compiler that is asked', () =>
    staleAfter(() => {
      config = configSchema.parse({ source: { types: '7' } });
    }));

  it("the user's rows of the catalogue", () =>
    staleAfter(() => {
      config = configSchema.parse({
        resources: [
          {
            kind: 'client',
            noun: 'client of dep',
            opens: ['dep work'],
            closes: ['stop'],
            releaseReturns: 'sync',
          },
        ],
      });
    }));

  it('what stands beside the source', () =>
    staleAfter(() => undefined, { given: { openapi: { source: 'openapi.json', base: '', routes: [] } } }));

  it('the tool', async () => {
    await answer();
    const written = JSON.parse(readFileSync(entry(), 'utf8')) as object;
    writeFileSync(entry(), JSON.stringify({ ...written, tool: 'of another version' }));
    expect((await answer()).keptSince).toBeUndefined();
    expect((await answer()).keptSince).toBeDefined();
  });
});

it('does not keep an answer when a source changed while it was made', async () => {
  const meddling = defineRule({
    ...probe,
    check: () => write('packages/service/src/other.ts', 'export const other = 2;\n'),
  });
  await answer({ rules: [meddling] });
  expect((await answer({ rules: [meddling] })).keptSince).toBeUndefined();
});

it('takes nothing from a damaged entry', async () => {
  const fresh = await answer();
  const whole = readFileSync(entry(), 'utf8');
  const damages = [
    '',
    '{',
    'null',
    '{"version":1}',
    whole.slice(0, whole.length >> 1),
    whole.slice(0, -1),
    whole.replaceAll('work true', 'work false'),
    whole.replace('"files":[', '"files":7,"were":['),
  ];
  for (const damaged of damages) {
    writeFileSync(entry(), damaged);
    const next = await answer();
    expect(next.keptSince, damaged.slice(0, 40)).toBeUndefined();
    expect(untimed(next)).toEqual(untimed(fresh));
  }
});

it('does without a cache where none can be written', async () => {
  writeFileSync(path.join(top, 'a-file'), '');
  const more = { cacheFolder: path.join(top, 'a-file/below') };
  expect(subjects(await answer(more))).toHaveLength(3);
  expect((await answer(more)).keptSince).toBeUndefined();
});

it('keeps a handful of answers, and nothing half written', async () => {
  for (const off of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']) {
    config = configSchema.parse({ rules: { off: { [off]: 'for a test' } } });
    await answer({ rules: [] });
  }
  const names = readdirSync(cacheFolder());
  expect(names.filter((name) => name.startsWith('result-'))).toHaveLength(8);
  expect(names.every((name) => /^(result-\w+\.json|facts-\w+\.pack|\.gitignore)$/.test(name))).toBe(true);
  expect(existsSync(path.join(cacheFolder(), '.gitignore'))).toBe(true);
});
