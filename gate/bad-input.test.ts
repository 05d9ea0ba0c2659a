import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  createProject,
  misbehavingProject,
  processesOf,
  type Project,
  runProgram,
  shortSoak,
} from './testing/project.ts';

const REPORTS = ['junit-annotated.xml', 'junit.xml', 'results.sarif', 'results.tap', 'summary.json'];

/** One clear error, the right exit code, a complete report, nothing left running. */
async function expectRefusal(
  project: Project,
  args: string[],
  exitCode: number,
  message: RegExp,
): Promise<void> {
  const outcome = await runProgram(project, ...args);
  expect(outcome.stderr).toMatch(message);
  expect(outcome.exitCode, outcome.stderr).toBe(exitCode);
  expect(outcome.reports).toEqual(REPORTS);
  expect(outcome.summary).toMatchObject({ exitCode });
  expect(outcome.summary?.findings.map((finding) => finding.message).join('\n')).toMatch(message);
  expect(processesOf(project)).toEqual([]);
}

describe('bad input', () => {
  it('an unknown configuration key', async () => {
    using project = misbehavingProject('healthy', { servce: {} });
    await expectRefusal(project, ['gate'], 2, /unknown key "servce"; did you mean "service"\?/);
  });

  it('a configuration without a service', async () => {
    using project = createProject();
    await expectRefusal(project, ['gate'], 2, /"service" is missing from the configuration/);
  });

  it('a rule that there is not', async () => {
    using project = misbehavingProject('healthy', { rules: { advisory: ['start-awaitd'] } });
    await expectRefusal(
      project,
      ['check'],
      2,
      /"rules\.advisory" names start-awaitd, and there is no such rule/,
    );
  });

  it('a tsconfig that is not there', async () => {
    using project = misbehavingProject('healthy', { source: { tsconfig: 'tsconfig.app.json' } });
    await expectRefusal(project, ['gate'], 2, /source\.tsconfig.*tsconfig\.app\.json/);
  });

  it('a Node that is not there', async () => {
    const base = shortSoak('healthy');
    using project = misbehavingProject('healthy', { service: { ...base.service, node: './no-such-node' } });
    await expectRefusal(project, ['soak'], 2, /service\.node: no program "\.\/no-such-node"/);
  });

  it('an entry of "unavailable" that names no check', async () => {
    using project = misbehavingProject('healthy', {
      unavailable: { 'soak/log-claen': 'a reason long enough' },
    });
    await expectRefusal(
      project,
      ['gate'],
      2,
      /"unavailable" names checks that this configuration does not plan: soak\/log-claen/,
    );
  });

  it.each([
    ['never-ready', 1, /became-ready[^]*(503|answered)/],
    ['exits-at-once', 1, /became-ready[^]*exit/],
    ['listens-elsewhere', 1, /listens on 127\.0\.0\.1:\d+/],
    ['prints-nothing', 3, /log-clean/],
  ])('a service that %s', async (name, exitCode, message) => {
    using project = misbehavingProject(name);
    const outcome = await runProgram(project, 'soak');
    expect(outcome.stderr).toMatch(message);
    expect(outcome.exitCode, outcome.stderr).toBe(exitCode);
    expect(outcome.reports).toEqual(REPORTS);
    expect(processesOf(project)).toEqual([]);
  });

  it('a document that is no JSON', async () => {
    using project = misbehavingProject('truncated-openapi', { routes: { required: ['GET /health'] } });
    const outcome = await runProgram(project, 'routes');
    expect(outcome.exitCode, outcome.stderr).toBe(1);
    expect(outcome.stderr).toMatch(/document-valid[^]*JSON/);
    expect(outcome.reports).toEqual(REPORTS);
    expect(processesOf(project)).toEqual([]);
  });

  it('a port in use', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const address = squatter.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const base = shortSoak('healthy');
    using project = misbehavingProject('healthy', {
      service: { ...base.service, env: { PORT: String(port) }, port },
    });
    try {
      const outcome = await runProgram(project, 'soak');
      expect(outcome.stderr).toMatch(new RegExp(`${port}[^]*${process.pid}`));
      expect(outcome.exitCode, outcome.stderr).toBe(3);
      expect(outcome.reports).toEqual(REPORTS);
      expect(processesOf(project)).toEqual([]);
    } finally {
      squatter.close();
    }
  });
});
