/** The whole gate on the reference service, as the README's first command runs it, and what other programs read in it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { createProject, processesOf, runProgram } from './testing/project.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const SCHEMAS = ['fixtures/reports/junit.xsd', '../shared/data/junit-10.xsd'].map((path) =>
  join(repository, path),
);

it('is green on the reference service, and every report says the same', { timeout: 600_000 }, async () => {
  using project = createProject();
  const outcome = await runProgram(
    { ...project, folder: repository },
    'gate',
    '--json',
    '--runs',
    project.folder,
  );
  expect(outcome.exitCode, outcome.stderr).toBe(0);
  expect(processesOf(project)).toEqual([]);
  const summary = JSON.parse(outcome.stdout) as {
    runId: string;
    counts: Record<string, number>;
    stages: { name: string; outcome: string }[];
  };
  expect(summary.stages.map(({ name, outcome: stageOutcome }) => `${name} ${stageOutcome}`)).toEqual([
    'preflight pass',
    'source pass',
    'deployment pass',
    'companions pass',
    'routes pass',
    'soak pass',
  ]);

  const reports = join(project.folder, summary.runId, 'reports');
  const junit = readFileSync(join(reports, 'junit.xml'), 'utf8');
  for (const path of SCHEMAS.filter((each) => existsSync(each))) {
    const result = await validateXML({
      xml: [{ fileName: 'junit.xml', contents: junit }],
      schema: [{ fileName: 'junit.xsd', contents: readFileSync(path, 'utf8') }],
    });
    expect(result.errors, path).toEqual([]);
  }
  const total = Object.values(summary.counts).reduce((sum, count) => sum + count, 0);
  expect(junit.match(/<testcase /g)).toHaveLength(total);
  expect(summary.counts).toMatchObject({ fail: 0, unknown: 0 });

  const prove = spawnSync('prove', ['--exec', 'cat', join(reports, 'results.tap')], { encoding: 'utf8' });
  if (prove.error === undefined) {
    expect(prove.stdout).toMatch(new RegExp(`Tests=${total}[^]*Result: PASS`));
  }
});
