/**
 * A stale answer is a defect: for each thing that an answer of `check` depends on, a change of it must lead to no kept
 * answer. The change is taken back after each case, and then the answer must hold again: so it was this change that counted.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOfTool } from '../checks/source/result-cache/tool.ts';
import { FILES, keptProject, linkProgram, makeRepository, type KeptProject } from './testing/kept-project.ts';

let project: KeptProject;
beforeAll(() => {
  project = keptProject();
  const { code, stderr } = project.run();
  expect(code, stderr).toBe(1);
}, 180_000);
afterAll(() => project[Symbol.dispose]());

async function staleWhile(change: () => () => void): Promise<void> {
  expect(await project.find(), 'kept before').toBeDefined();
  const undo = change();
  try {
    expect(await project.find(), 'kept although it was changed').toBeUndefined();
  } finally {
    undo();
  }
  expect(await project.find(), 'kept once it is as before').toBeDefined();
}

const cache = (): string => path.join(project.root, '.shakedown/cache');
const entry = (): string =>
  path.relative(
    project.top,
    path.join(cache(), readdirSync(cache()).find((name) => name.startsWith('check-')) ?? 'none'),
  );
const run = (): string => {
  const runs = path.join(project.root, '.shakedown/runs');
  return path.join('service/.shakedown/runs', readdirSync(runs).find((name) => /^\d/.test(name)) ?? 'none');
};

describe('no kept answer after a change of', () => {
  const contents = Object.keys(FILES).filter((file) => !file.endsWith('dep/index.d.ts'));

  it.each(contents)('the content of %s', (file) =>
    staleWhile(() => project.write(file, `${readFileSync(project.path(file), 'utf8')}\n`)),
  );

  it.each(contents.filter((file) => file.startsWith('service/') || file.startsWith('shared/')))(
    '%s: removed',
    (file) => staleWhile(() => project.remove(file)),
  );

  it.each([
    'service/src/third.ts',
    'service/src/globals.d.ts',
    'service/more/second.service',
    'service/more/second.timer',
    'service/more/second.sh',
    'service/bin/without-ending',
    'service/conf.d/anything.goes',
    'service/nginx.conf.template',
    'service/web.Dockerfile',
    'service/docker-compose.prod.yml',
    'service/.deploy/pod.yml',
    'service/pm2.json',
    'service/Procfile',
    'service/nest-cli.json',
    'service/docs/openapi.json',
    'shared/package.json',
    '.shellcheckrc',
    'home/.shellcheckrc',
    'home/.config/shellcheckrc',
    'node_modules/@types/dep/package.json',
    'service/node_modules/dep/package.json',
    'node_modules/.package-lock.json',
    'package.json',
    'pnpm-workspace.yaml',
  ])('what is there: %s added', (file) => staleWhile(() => project.write(file, '{}\n')));

  it('a name', () => staleWhile(() => project.move('service/deploy/up', 'service/deploy/down')));

  it('the folder of a unit', () =>
    staleWhile(() => project.move('service/deploy/service.service', 'service/units/service.service')));

  it('who may execute a script', () => staleWhile(() => project.makeExecutable('service/deploy/install.sh')));

  it('a file so large that it is not read: it was small', () =>
    staleWhile(() => project.write('service/deploy/up', '#'.repeat(400_000))));

  it('what a link leads to', async () => {
    const undo = project.write('aside/linked.sh', 'true\n');
    symlinkSync(project.path('aside/linked.sh'), project.path('service/linked.sh'));
    expect(await project.find()).toBeUndefined();
    rmSync(project.path('service/linked.sh'));
    undo();
    expect(await project.find()).toBeDefined();
  });

  it('the tree: a link to a folder, behind which nobody looks', () =>
    staleWhile(() => {
      symlinkSync(project.path('shared'), project.path('service/linked'));
      return () => rmSync(project.path('service/linked'));
    }));

  it('the configuration: there is one now', () =>
    staleWhile(() => project.write('service/shakedown.config.js', 'export default {};\n')));

  it.each(['shellcheck', 'systemd-analyze'])('the PATH: %s appeared', (name) =>
    staleWhile(() => linkProgram(project.path, name, '/bin/true')),
  );

  it('the PATH: another program of the same name', () =>
    staleWhile(() => {
      const back = project.move('bin/git', 'bin/aside');
      const unlink = linkProgram(project.path, 'git', '/bin/false');
      return () => [unlink, back].forEach((each) => each());
    }));

  it('the commit: there is one now', () => staleWhile(() => makeRepository(project)));
});

describe('no kept answer for', () => {
  it.each([
    ['other words', { argv: ['check', '--quiet'] }],
    ['another rule', { argv: ['check', '--rule', 'resource-released'] }],
    ['another compiler', { argv: ['check', '--types', '7'] }],
    ['another folder of the runs', { argv: ['check', '--runs', 'elsewhere'] }],
  ])('%s', async (_what, { argv: [command = '', ...more] }) => {
    expect(await project.find({ argv: [command, project.root, ...more] })).toBeUndefined();
  });

  it.each([
    ['colours', { FORCE_COLOR: '1' }],
    ['annotations', { GITHUB_ACTIONS: 'true' }],
    ['options of Node', { NODE_OPTIONS: '--stack-size=500' }],
    ['options of shellcheck', { SHELLCHECK_OPTS: '-e SC2086' }],
    ['another secret to mask', { API_TOKEN: 'a secret of these days' }],
  ])('%s', async (_what, more) => {
    const environment = { ...project.call.environment, ...more };
    expect(await project.find({ environment })).toBeUndefined();
  });

  it('another folder that it is called from', async () => {
    expect(await project.find({ cwd: project.root })).toBeUndefined();
  });

  it('a terminal', async () => {
    expect(await project.find({ terminals: [false, true] })).toBeUndefined();
  });

  it('another tool', async () => {
    const tool = { ...project.call.tool, top: project.path('tool') };
    expect(await project.find({ tool })).toBeUndefined();
  });
});

describe('no kept answer when', () => {
  it('its run was removed', () => staleWhile(() => project.remove(run())));

  it.each([
    'end.json',
    'run.json',
    'reports/junit.xml',
    'reports/summary.json',
    'stages/source/verdicts.ndjson',
  ])('%s of its run was removed or cut off', async (file) => {
    await staleWhile(() => project.remove(`${run()}/${file}`));
    const whole = readFileSync(project.path(`${run()}/${file}`));
    await staleWhile(() => {
      const undo = project.write(`${run()}/${file}`, whole.toString());
      truncateSync(project.path(`${run()}/${file}`), whole.length >> 1);
      return undo;
    });
  });

  it('something was added to its run', () =>
    staleWhile(() => project.write(`${run()}/reports/more.xml`, '')));

  it('another run is under way', () =>
    staleWhile(() =>
      project.write(
        'service/.shakedown/runs/.lock',
        JSON.stringify({ pid: process.ppid, ...startOf(process.ppid) }),
      ),
    ));

  it('its entry is damaged', async () => {
    const whole = readFileSync(project.path(entry()), 'utf8');
    const damages = [
      '',
      '{',
      'null',
      whole.slice(0, whole.length >> 1),
      whole.slice(0, -1),
      `${whole} `,
      whole.replace('"exitCode":1', '"exitCode":0'),
      whole.slice(whole.indexOf('\n') + 1),
    ];
    const name = entry();
    for (const damaged of damages) await staleWhile(() => project.write(name, damaged));
  });
});

function startOf(pid: number): { startTicks: string } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return { startTicks: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '' };
}

describe('the tool', () => {
  const top = (): string => project.path('tool');
  const tool = () => ({ top: top(), rooms: ['checks', 'gate'], packages: ['dep'] });
  const hash = (): string => hashOfTool(tool());

  it('is another when its code or a package of it is', () => {
    project.write('tool/checks/rule.ts', 'export const rule = 1;\n');
    project.write('tool/gate/main.ts', 'export const main = 1;\n');
    project.write('tool/package.json', '{ "version": "1.0.0" }');
    const first = hash();
    const changes = [
      ['tool/checks/rule.ts', 'export const rule = 2;\n'],
      ['tool/gate/main.ts', 'export const main = 2;\n'],
      ['tool/gate/other.ts', ''],
      ['tool/package.json', '{ "version": "1.0.1" }'],
      ['tool/node_modules/dep/package.json', '{ "version": "2.0.0" }'],
      ['node_modules/dep/package.json', '{ "version": "2.0.0" }'],
    ] as const;
    for (const [file, text] of changes) {
      const undo = project.write(file, text);
      expect(hash(), file).not.toBe(first);
      undo();
      expect(hash(), file).toBe(first);
    }
  });

  it('is the same with other tests, and with other packages of a bench', () => {
    const first = hash();
    mkdirSync(path.join(top(), 'checks/bench'), { recursive: true });
    cpSync(project.path('node_modules'), path.join(top(), 'checks/bench/node_modules'), { recursive: true });
    project.write('tool/checks/rule.test.ts', 'it();\n');
    expect(hash()).toBe(first);
  });
});
