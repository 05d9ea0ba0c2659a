/** The kept answer of `check`: what a user sees of it, which calls have one, and what is not kept. */
import { cpSync, existsSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../checks/deployment/deployment.ts';
import type { Run } from '../harness/run-store.ts';
import { askedOf, type Call } from './kept-check-call.ts';
import { beginKeeping, type Keeping } from './kept-check-keep.ts';
import { recordOutput } from './record-output.ts';
import type { StageResult } from './run-stage.ts';
import { git, keptProject, makeRepository, type KeptProject } from './testing/kept-project.ts';

const NOTE = /^nothing changed since run \S+-check \(\S+Z\): its answer and reports hold\n/;

const runsOf = ({ root }: KeptProject): string[] =>
  readdirSync(path.join(root, '.shakedown/runs')).filter((name) => /^\d/.test(name));
const entriesOf = ({ root }: KeptProject): string[] =>
  readdirSync(path.join(root, '.shakedown/cache')).filter((name) => name.startsWith('check-'));

describe('asked again', () => {
  it(
    'prints the same verdicts with the same code, says so, makes no run; a change makes a new one',
    { timeout: 180_000 },
    () => {
      using project = keptProject();
      const first = project.run('--format', 'unix');
      expect(first.code, first.stderr).toBe(1);
      expect(first.stdout).toMatch(/src\/main\.ts:7:1: error .*\[resource-released\]/);
      const [run = ''] = runsOf(project);
      rmSync(path.join(project.root, '.shakedown/runs/latest'));

      const again = project.run('--format', 'unix');
      expect(again.stderr).toMatch(NOTE);
      expect({ ...again, stderr: again.stderr.replace(NOTE, '') }).toEqual(first);
      expect(runsOf(project)).toEqual([run]);
      expect(readlinkSync(path.join(project.root, '.shakedown/runs/latest'))).toBe(run);

      const main = readFileSync(project.path('service/src/main.ts'), 'utf8');
      project.write(
        'service/src/main.ts',
        main
          .replace('setInterval', 'const tick = setInterval')
          .replace('() => server.close()', '() => { clearInterval(tick); server.close(); }'),
      );
      const changed = project.run('--format', 'unix');
      expect(changed.stderr).not.toMatch(NOTE);
      expect(changed.stdout).not.toMatch(/resource-released/);
      expect(runsOf(project)).toHaveLength(2);
    },
  );

  it('is as quiet as it was asked to be', { timeout: 180_000 }, () => {
    using project = keptProject();
    const first = project.run('--quiet', '--rule', 'resource-released');
    expect(project.run('--quiet', '--rule', 'resource-released')).toEqual(first);
    expect(runsOf(project)).toHaveLength(1);
  });

  it('names the commit that its reports name', { timeout: 180_000 }, () => {
    using project = keptProject();
    makeRepository(project);
    const { root } = project;
    project.run('--quiet');
    project.run('--quiet');
    expect(runsOf(project)).toHaveLength(1);
    git(root, 'add', '--all');
    git(root, 'commit', '--quiet', '--message', 'all');
    project.run('--quiet');
    expect(runsOf(project)).toHaveLength(2);
    project.write('service/README.md', 'Nobody reads this but git.\n');
    project.run('--quiet');
    expect(runsOf(project)).toHaveLength(3);
  });

  it.each([['--json'], ['--tap'], ['--config', 'service/a.config.js']])(
    'always runs with %s',
    { timeout: 180_000 },
    (...more) => {
      using project = keptProject();
      project.write('service/a.config.js', 'export default {};\n');
      project.run(...more);
      project.run(...more);
      expect(entriesOf(project)).toEqual([]);
    },
  );
});

describe('a call whose answer may be kept', () => {
  const root = '/nowhere/project';
  const runsFolder = `${root}/.shakedown/runs`;
  const ask = (...argv: string[]) => askedOf({ argv, cwd: root });

  it.each([
    ['check', { root, quiet: false, runsFolder }],
    ['check .', { root, quiet: false, runsFolder }],
    ['check --quiet --types 7 --format unix', { root, quiet: true, runsFolder }],
    ['check --types=7 sub', { root: `${root}/sub`, quiet: false, runsFolder: `${root}/sub/.shakedown/runs` }],
    [
      'check --rule a b,c --quiet sub',
      { root: `${root}/sub`, quiet: true, runsFolder: `${root}/sub/.shakedown/runs` },
    ],
    ['check --rule a sub', { root, quiet: false, runsFolder }],
    ['check sub --runs out', { root: `${root}/sub`, quiet: false, runsFolder: `${root}/out` }],
  ])('%s', (line, asked) => {
    expect(ask(...line.split(' '))).toEqual(asked);
  });

  it.each(
    (
      'gate|check a b|check --baseline|check --baseline=x|check --write-baseline|check --changed|check --fix|check --dry-run|' +
      'check --sarif x|check --output x|check --config x|check --json|check --tap|check --annotations github|check --seed 1|' +
      'check --list|check --explain a|check --help|check --types|check --runs --quiet|check --quiet=1|check --rule=a|check -- a|check -q'
    ).split('|'),
  )('never: %s', (line) => {
    expect(ask(...line.split(' '))).toBeUndefined();
  });
});

describe('is kept', () => {
  let project: KeptProject;
  let run: Run;
  let copies = 0;
  beforeAll(() => {
    project = keptProject();
    project.run();
    const folder = path.join(project.root, '.shakedown/runs', runsOf(project)[0] ?? '');
    const header = JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8')) as Run['header'];
    run = { folder, header } as Run;
  }, 180_000);
  afterAll(() => project[Symbol.dispose]());

  /** Keeps the answer of a run that is as the first, but for what is changed; says whether it is there. */
  async function isKept(
    during: (keeping: Keeping, run: Run) => void = () => undefined,
    exitCode = 1,
  ): Promise<boolean> {
    // Each in words of its own, so that none finds another's.
    const call: Call = { ...project.call, argv: [...project.call.argv, '--rule', `case-${(copies += 1)}`] };
    const copy = `${run.folder}-${copies}`;
    cpSync(run.folder, copy, { recursive: true });
    using keeping = beginKeeping(call, project.root);
    const same = { ...run, folder: copy, header: { ...run.header, runId: path.basename(copy) } };
    keeping?.conclude(same, []);
    if (keeping) during(keeping, same);
    keeping?.keep(exitCode);
    return (await project.find({ argv: call.argv })) !== undefined;
  }
  const editEnd = ({ folder }: Run, change: object): void => {
    const file = path.relative(project.top, path.join(folder, 'end.json'));
    const end = JSON.parse(readFileSync(project.path(file), 'utf8')) as object;
    project.write(file, JSON.stringify({ ...end, ...change }));
  };
  const deployment = (tools: object, script = 'true'): Deployment =>
    ({
      tools: { absent: {}, versions: [], ...tools },
      scripts: [{ file: { path: 'a.sh', text: script } }],
    }) as unknown as Deployment;

  it('when all is well', async () => {
    expect(await isKept()).toBe(true);
    expect(
      await isKept((keeping) => keeping.sawDeployment(deployment({ failed: [], lint: new Map() }))),
    ).toBe(true);
    // Without shellcheck nobody follows it.
    expect(await isKept((keeping) => keeping.sawDeployment(deployment({}, '. ./lib.sh')))).toBe(true);
  });

  it.each<[string, (keeping: Keeping, run: Run) => void, number?]>([
    ['it was interrupted', (_, each) => editEnd(each, { interruptedBy: 'SIGTERM' })],
    ['a report has a problem', (_, each) => editEnd(each, { problems: ['no JUnit'] })],
    ['it has another code than its run', () => undefined, 0],
    ['the code is that of a wrong call', (_, each) => editEnd(each, { exitCode: 2 }), 2],
    [
      'a stage crashed',
      (keeping, each) => keeping.conclude(each, [{ reason: 'no space left' } as StageResult]),
    ],
    [
      'a tool of the host did not answer',
      (keeping) => keeping.sawDeployment(deployment({ failed: ['systemd-analyze'] })),
    ],
    [
      'shellcheck followed a script to another',
      (keeping) => keeping.sawDeployment(deployment({ lint: new Map() }, 'set -e\n. /etc/os-release\n')),
    ],
    [
      'a source changed meanwhile',
      () => project.write('service/src/other.ts', `export const other = ${Math.random()};\n`),
    ],
    ['a unit came meanwhile', () => project.write(`service/${copies}.service`, '[Unit]\n')],
    ['its run is gone', (_, { folder }) => rmSync(folder, { recursive: true })],
  ])('not when %s', async (_what, during, exitCode) => {
    expect(await isKept(during, exitCode)).toBe(false);
    expect(await isKept(), 'and the next is').toBe(true);
  });

  it('not where a link leads to a folder', async () => {
    symlinkSync(project.path('shared'), project.path('service/linked'));
    expect(await isKept()).toBe(false);
    rmSync(project.path('service/linked'));
    expect(await isKept()).toBe(true);
  });

  it('a handful of times', () => {
    expect(entriesOf(project)).toHaveLength(8);
    expect(existsSync(path.join(project.root, '.shakedown/cache/.gitignore'))).toBe(true);
  });
});

it('remembers what was written, in its order, without the states that a terminal has replaced', () => {
  const written: string[] = [];
  const { write } = process.stderr;
  process.stderr.write = ((text: string) => written.push(text) > 0) as typeof write;
  try {
    using output = recordOutput();
    process.stderr.write('\r\u001b[Kreading');
    process.stderr.write('\r\u001b[Klinking');
    process.stderr.write('\r\u001b[Kentries: a\n');
    process.stderr.write(Buffer.from('done\n'));
    expect(output.said()).toEqual([[2, '\r\u001b[Kentries: a\ndone\n']]);
  } finally {
    process.stderr.write = write;
  }
  expect(written).toHaveLength(4);
});
