/** Adopting the check on an old code base, as its engineers would: baseline, changed files, formats, and what is refused. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createProject, type Outcome, type Project, runProgram } from '../testing/project.ts';

// Each test runs the program several times.
vi.setConfig({ testTimeout: 240_000 });

const SERVER = `import { createServer } from 'node:http';
const server = createServer((request, response) => response.end('ok'));
process.once('SIGTERM', () => {
  setTimeout(() => process.exit(1), 5_000).unref();
  server.close();
});
server.listen(Number(process.env.PORT));
`;
const TIMER = 'const timer = setInterval(() => console.log(timer), 1000);\n';

function oldProject(): Project {
  const project = createProject();
  project.write('package.json', '{"type":"module","main":"server.ts"}');
  project.write('server.ts', SERVER + TIMER);
  return project;
}

const findings = ({ summary }: Outcome): string[] =>
  (summary?.findings ?? []).map(({ check, location, outcome }) => `${check}:${location?.line} ${outcome}`);
const baselineOf = (project: Project): string =>
  readFileSync(join(project.folder, 'shakedown-baseline.json'), 'utf8');

describe('a baseline', () => {
  it('is written, silences what is known through moved lines, tells what is new and what is gone', async () => {
    using project = oldProject();
    expect((await runProgram(project, 'check', '--write-baseline')).exitCode).toBe(0);
    const written = baselineOf(project);
    expect(JSON.parse(written)).toMatchObject({
      findings: [{ rule: 'resource-released', finding: 'neverReleased' }],
    });

    // Moved, and an equal call with nothing wrong above it.
    const right =
      'const other = setInterval(() => 1, 9);\nprocess.on("SIGINT", () => clearInterval(other));\n';
    project.write('server.ts', `// moved\n\n${SERVER}${right}${TIMER}`);
    const moved = await runProgram(project, 'check', '--baseline', '--rule', 'resource-released');
    expect([moved.exitCode, ...findings(moved)], moved.stderr).toEqual([0]);
    expect(moved.stderr).toContain('1 known finding of shakedown-baseline.json still there, 0 new');
    await runProgram(project, 'check', '--write-baseline', '--rule', 'resource-released');
    expect(baselineOf(project)).toBe(written);

    project.write('server.ts', `${SERVER}${TIMER}setInterval(() => console.log('new'), 5);\n`);
    const more = await runProgram(project, 'check', '--baseline', '--rule', 'resource-released');
    expect([more.exitCode, findings(more).length], more.stderr).toEqual([1, 1]);

    project.write('server.ts', SERVER);
    const fixed = await runProgram(project, 'check', '--baseline');
    expect(fixed.exitCode, fixed.stderr).toBe(0);
    expect(fixed.stderr).toMatch(
      /1 gone[^]*drop them with --write-baseline:\n {2}resource-released {2}server\.ts/,
    );
    // A rule that did not run has no say about what is gone.
    const other = await runProgram(project, 'check', '--baseline', '--rule', 'signal-handled');
    expect(other.stderr).toContain('0 new');
    expect(other.stderr).not.toContain('gone');
  });

  it('holds nothing that is unknown, and an expired entry fails again', async () => {
    using project = oldProject();
    project.write('broken.ts', 'const = ;\n');
    const written = await runProgram(project, 'check', '--write-baseline');
    expect(written.exitCode, written.stderr).toBe(3);
    expect(written.stderr).toMatch(/1 unknown is not in it/);
    rmSync(join(project.folder, 'broken.ts'));
    const entry = '"fingerprint"';
    project.write(
      'shakedown-baseline.json',
      baselineOf(project).replace(entry, `"expires": "2020-01-31", ${entry}`),
    );
    const expired = await runProgram(project, 'check', '--baseline');
    expect(expired.exitCode, expired.stderr).toBe(1);
    expect(expired.stderr).toContain('its place in shakedown-baseline.json expired on 2020-01-31');
    project.write('shakedown-baseline.json', baselineOf(project).replace('2020-01-31', '2999-01-31'));
    expect((await runProgram(project, 'check', '--baseline')).exitCode).toBe(0);
    expect((await runProgram(project, 'check', '--write-baseline')).exitCode).toBe(0);
    expect(baselineOf(project)).toContain('2999-01-31');
  });

  it.each([
    ['{"version": 3, "results": []}', /is not a baseline that can be read/],
    ['{"shakedownBaseline": 1, "findings": [{"rule": "x"}]}', /"findings\.0\.subject"/],
    ['<<<<<<< ours', /JSON/],
  ])('that is broken or foreign is refused: %s', async (text, message) => {
    using project = oldProject();
    project.write('shakedown-baseline.json', text);
    const refused = await runProgram(project, 'check', '--baseline');
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(message);
  });

  it('that is not there is refused', async () => {
    using project = oldProject();
    const refused = await runProgram(project, 'check', '--baseline', 'none.json');
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      expect.stringContaining('write it first with --write-baseline'),
    ]);
  });
});

describe('--changed', () => {
  it('tells only what a changed file is part of, and how many others there are', async () => {
    using project = oldProject();
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
        cwd: project.folder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    expect((await runProgram(project, 'check', '--changed')).stderr).toMatch(/is in no git repository/);
    git('init', '--quiet', '--initial-branch', 'main');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'old');
    const untouched = await runProgram(project, 'check', '--changed');
    expect([untouched.exitCode, ...findings(untouched)], untouched.stderr).toEqual([0]);
    expect(untouched.stderr).toContain('1 finding elsewhere left out');
    // What was made for the check is not seen by git.
    expect(git('status', '--porcelain')).toBe('');
    git('switch', '--quiet', '--create', 'topic');
    project.write('server.ts', `${SERVER}${TIMER}// touched\n`);
    git('commit', '--quiet', '--all', '--message', 'touched');
    expect(findings(await runProgram(project, 'check', '--changed=main'))).toEqual([
      'resource-released:8 fail',
    ]);
    const unknown = await runProgram(project, 'check', '--changed=nowhere');
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      2,
      expect.stringContaining('git knows no commit "nowhere"'),
    ]);
  });
});

describe('--fix', () => {
  const unguarded = `import fastify from 'fastify';
const app = fastify();
const other = fastify();
process.once('SIGTERM', async () => {
  await app.close();
  await other.close();
});
await app.listen({ port: 3000 });
await other.listen({ port: 3001 });
`;

  it('shows a diff that git takes, writes the same, and has nothing to do the next time', async () => {
    using project = createProject();
    project.write('package.json', '{"type":"module","main":"server.ts"}');
    project.write('server.ts', unguarded);
    const source = (): string => readFileSync(join(project.folder, 'server.ts'), 'utf8');
    const shown = await runProgram(project, 'check', '--fix', '--dry-run');
    expect(source()).toBe(unguarded);
    expect(shown.stdout, shown.stderr).toMatch(
      /^--- a\/server\.ts\n\+\+\+ b\/server\.ts\n@@ [^]*\+ {2}try \{/,
    );
    expect(shown.exitCode).toBe(1);
    await runProgram(project, 'check', '--fix');
    const written = source();
    project.write('change.diff', shown.stdout);
    execFileSync('git', ['apply', '--reverse', 'change.diff'], { cwd: project.folder });
    expect(source()).toBe(unguarded);
    project.write('server.ts', written);
    const again = await runProgram(project, 'check', '--fix');
    expect(again.stderr).toContain('fix: 0 findings fixed in 0 files');
    expect(findings(again).filter((one) => one.startsWith('shutdown-call-guarded'))).toEqual([]);
  });

  it('wants standard output for its diff', async () => {
    using project = oldProject();
    const refused = await runProgram(project, 'check', '--fix', '--dry-run', '--json');
    expect([refused.exitCode, refused.stdout]).toEqual([2, expect.stringContaining('"exitCode": 2')]);
  });
});

describe('the output', () => {
  it('is clean on standard output whatever the format, and copied where it is wanted', async () => {
    using project = oldProject();
    const unix = await runProgram(
      project,
      'check',
      '--format',
      'unix',
      '--sarif',
      'out/a.sarif',
      '--output',
      'copies',
    );
    expect(unix.stdout).toMatch(/^server\.ts:8:15: error .* \[resource-released\]\n$/);
    expect(readFileSync(join(project.folder, 'out/a.sarif'), 'utf8')).toBe(
      readFileSync(join(project.folder, 'copies/results.sarif'), 'utf8'),
    );
    const both = await runProgram(project, 'check', '--json', '--tap');
    expect([both.exitCode, both.stdout]).toEqual([2, '']);
    const annotated = await runProgram(project, 'check', '--json', '--annotations', 'github', '--quiet');
    expect(JSON.parse(annotated.stdout)).toMatchObject({ exitCode: 1 });
    expect(annotated.stderr).toMatch(
      /^::error file=server\.ts,line=8,col=15,title=source\/resource-released::/m,
    );
  });

  it('is nothing at all when it is quiet and all is well', async () => {
    using project = oldProject();
    project.write('server.ts', SERVER);
    const quiet = await runProgram(project, 'check', '--quiet');
    expect([quiet.exitCode, quiet.stdout, quiet.stderr]).toEqual([0, '', '']);
  });

  it('says what a rule is about with examples, and which name was meant', async () => {
    using project = createProject();
    const explained = await runProgram(project, 'check', '--explain', 'start-awaited');
    expect(explained.stdout).toMatch(
      /Why: [^]*Fix: [^]*notAwaited:[^]*\/\/ <- notAwaited[^]*Right, for example/,
    );
    const typo = await runProgram(project, 'check', '--explain', 'start-awaitd');
    expect([typo.exitCode, typo.stderr]).toEqual([
      2,
      expect.stringContaining('did you mean "start-awaited"?'),
    ]);
  });
});
