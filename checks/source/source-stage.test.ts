/** The stage as a whole: projects that are empty, broken, configured wrongly, allowed, advisory; and its stability. */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../harness/errors.ts';
import { checkFiles, inProject, problems } from './testing-project.ts';
import { checkSource } from './source-stage.ts';
import { configSchema } from '../../harness/config.ts';
import { renderRulesTable } from './rules-table.ts';
import { RULES } from './rules.ts';

const LEAK = `import { createServer } from 'node:http';
const server = createServer().listen(0);
process.once('SIGTERM', () => {
  setTimeout(() => process.exit(1), 5000).unref();
  server.close();
});
const timer = setInterval(() => console.log(timer), 1000);
`;

describe('source stage', () => {
  it('is unknown without any source file', async () => {
    expect(problems(await checkFiles({ 'README.md': 'nothing' }))).toEqual(['parsed:undefined unknown']);
  });

  it('names what does not parse and still checks the rest', async () => {
    const result = await checkFiles({
      'main.ts': `import './broken.ts';\n${LEAK}`,
      'broken.ts': 'const = ;\n',
    });
    expect(problems(result)).toEqual(['parsed:1 unknown', 'resource-released:8 neverReleased']);
    expect(result.verdicts.find((each) => each.check === 'parsed')?.message).toContain('broken.ts:1');
  });

  it('refuses a tsconfig that is not there, with the key and the path', async () => {
    const run = checkFiles({ 'main.ts': LEAK }, { source: { tsconfig: 'config/tsconfig.json' } });
    await expect(run).rejects.toThrow(UsageError);
    await expect(run).rejects.toThrow(/source\.tsconfig: no file at config\/tsconfig\.json/);
  });

  it('refuses an entry that is not a source file of the project', async () => {
    await expect(checkFiles({ 'main.ts': LEAK }, { source: { entries: ['app.ts'] } })).rejects.toThrow(
      /source\.entries: app\.ts/,
    );
  });

  it('finds the entry behind a build output, a nest start and a Dockerfile', async () => {
    const files = { 'src/boot.ts': LEAK, 'src/other.ts': 'export {};' };
    const notes = async (more: Record<string, string>): Promise<string> =>
      (await checkFiles({ ...files, ...more })).notes.join('\n');
    expect(
      await notes({ 'package.json': '{"scripts":{"start":"node --enable-source-maps dist/boot.js"}}' }),
    ).toContain('src/boot.ts (package.json scripts.start)');
    expect(await notes({ 'package.json': '{"main":"./dist/boot.js"}' })).toContain(
      'src/boot.ts (package.json main)',
    );
    expect(await notes({ Dockerfile: 'FROM node\nCMD ["node", "dist/boot.js"]\n' })).toContain(
      'src/boot.ts (Dockerfile)',
    );
    expect(await notes({})).toContain('src/boot.ts (opens or registers at top level)');
  });

  it('reads path aliases and extends from the tsconfig', async () => {
    const result = await checkFiles({
      'tsconfig.base.json': '{"compilerOptions":{"paths":{"~/*":["./src/*"]}}}',
      'tsconfig.json': '{"extends":"./tsconfig.base.json","include":["src"]}',
      'src/timer.ts':
        'let timer: unknown; export const start = () => { timer ??= setInterval(() => 1, 9); };',
      'src/main.ts': `import { start } from '~/timer';\nprocess.on('SIGTERM', () => console.log('bye'));\nstart();`,
    });
    expect(problems(result)).toEqual(['resource-released:1 neverReleased']);
  });

  it('an allow comment silences one finding, gives its reason, and is a finding when it is wrong', async () => {
    const allow = (comment: string): Promise<unknown> =>
      checkFiles({ 'main.ts': LEAK.replace('const timer', `// ${comment}\nconst timer`) }).then((result) =>
        result.verdicts
          .filter((each) => each.outcome !== 'pass' && each.subject !== `rule ${each.check}`)
          .map((each) => `${each.check} ${each.outcome}`)
          .sort(),
      );
    expect(await allow('shakedown-allow resource-released: ends with the process')).toEqual([
      'resource-released skip',
    ]);
    expect(await allow('shakedown-allow resource-released:')).toEqual([
      'allow-comment fail',
      'resource-released fail',
    ]);
    expect(await allow('shakedown-allow resource-relaesed: a typo in the name')).toEqual([
      'allow-comment fail',
      'resource-released fail',
    ]);
    expect(await allow('shakedown-allow stop-awaited: nothing here')).toEqual([
      'allow-comment fail',
      'resource-released fail',
    ]);
    const inString = await checkFiles({
      'main.ts': `const text = '// shakedown-allow resource-released: no';\n${LEAK}void text;`,
    });
    expect(problems(inString)).toEqual(['resource-released:8 neverReleased']);
  });

  it('an advisory rule is reported and fails nothing; a rule that is off says why', async () => {
    const advisory = await checkFiles({ 'main.ts': LEAK }, { rules: { advisory: ['resource-released'] } });
    expect(advisory.verdicts.find((each) => each.message.startsWith('advisory: interval'))?.outcome).toBe(
      'skip',
    );
    const off = await checkFiles(
      { 'main.ts': LEAK },
      { rules: { off: { 'resource-released': 'until the rewrite is done' } } },
    );
    expect(
      off.verdicts.filter((each) => each.check === 'resource-released').map((each) => each.message),
    ).toEqual(['off: until the rewrite is done']);
  });

  it('keeps fingerprints when lines move, and gives the same answer from the cache', async () => {
    const fingerprints = async (text: string): Promise<string[]> =>
      (await checkFiles({ 'main.ts': text })).verdicts.map((each) => each.fingerprint);
    expect(await fingerprints(`// a comment\n\n\n${LEAK}`)).toEqual(await fingerprints(LEAK));
    await inProject({ 'main.ts': LEAK }, async (projectRoot) => {
      const check = {
        projectRoot,
        config: configSchema.parse({}),
        cacheFolder: `${projectRoot}/.shakedown/cache`,
      };
      const strip = (all: { startedAt: string }[]): unknown[] =>
        all.map((each) => ({ ...each, startedAt: '' }));
      const first = await checkSource(check);
      expect(strip((await checkSource(check)).verdicts)).toEqual(strip(first.verdicts));
    });
  });

  it('renders the table of rules', () => {
    const table = renderRulesTable(RULES).split('\n');
    expect(table).toHaveLength(RULES.length + 3);
    expect(table.filter((line) => line.startsWith('| `start-awaited` | an asynchronous start'))).toHaveLength(
      1,
    );
  });
});
