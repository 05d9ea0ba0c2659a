import { appendFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readRun } from '../harness/read-run.ts';
import { createProject, latestRun, misbehavingProject, runProgram, shortSoak } from './testing/project.ts';

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));

it('judges an old run with other limits after the service is gone', async () => {
  using project = misbehavingProject('healthy');
  const soak = await runProgram(project, 'soak');
  expect(soak.exitCode, soak.stderr).toBe(0);
  const run = latestRun(project) as string;
  const { runId } = readRun(run).header;
  for (const file of ['healthy.js', 'shakedown.config.mjs', 'package.json'])
    rmSync(join(project.folder, file));

  const strict = await runProgram(project, 'judge', `runs/${runId}`, '--limit', 'exitWithinMs=1');
  expect(strict.exitCode, strict.stderr).toBe(1);
  expect(strict.summary?.findings.map(({ check }) => check)).toEqual(['exited-in-time']);

  const asBefore = await runProgram(project, 'judge', `runs/${runId}`);
  expect(asBefore.exitCode, asBefore.stderr).toBe(0);
  expect(readRun(join(project.folder, 'runs', runId)).verdicts).toHaveLength(readRun(run).verdicts.length);

  const latest = await runProgram(project, 'judge', 'runs/latest', '--limit', 'exitWithinMs=1');
  expect(latest.exitCode, latest.stderr).toBe(1);

  const wrong = await runProgram(project, 'judge', `runs/${runId}`, '--limit', 'exitWithin=1');
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain('expected KEY=NUMBER with one of readyWithinMs, exitWithinMs');
});

it('keeps what was declared unavailable, and what the gate said about the soak itself', async () => {
  using project = misbehavingProject('prints-nothing', {
    unavailable: { 'soak/log-clean': 'this service logs to a collector' },
  });
  const soak = await runProgram(project, 'soak');
  expect(soak.exitCode, soak.stderr).toBe(0);
  const folder = realpathSync(latestRun(project) as string);
  const again = await runProgram(project, 'judge', folder);
  expect(again.exitCode, again.stderr).toBe(0);
  expect(again.summary?.skipped.map(({ check }) => check)).toContain('log-clean');

  const crash = {
    ...readRun(folder).verdicts.at(-1),
    check: 'stage-completed',
    outcome: 'unknown',
    message: 'crashed',
  };
  appendFileSync(join(folder, 'stages/soak/verdicts.ndjson'), `${JSON.stringify(crash)}\n`);
  const crashed = await runProgram(project, 'judge', folder);
  expect(crashed.exitCode, crashed.stderr).toBe(3);
  expect(crashed.summary?.findings.map(({ check }) => check)).toEqual(['stage-completed']);
});

it('judges the answers of the routes again from their record alone', async () => {
  using project = createProject([join(REPOSITORY, 'checks/routes/fixtures/small-service.js')]);
  const { service } = shortSoak('small-service');
  project.write('package.json', '{"type":"module","private":true}');
  project.write('shakedown.config.mjs', `export default ${JSON.stringify({ service, routes: {} })};\n`);
  const routes = await runProgram(project, 'routes');
  const run = latestRun(project) as string;
  const before = readRun(run);
  expect(before.verdicts.length, routes.stderr).toBeGreaterThan(3);
  const again = await runProgram(project, 'judge', run);
  expect(again.exitCode, again.stderr).toBe(routes.exitCode);
  const judged = readRun(latestRun(project) as string);
  expect(judged.header.runId).not.toBe(before.header.runId);
  const told = ({ verdicts }: typeof before) =>
    verdicts.map(({ check, subject, outcome }) => [check, subject, outcome]);
  expect(told(judged)).toEqual(told(before));
});

it('refuses a folder that is no run', async () => {
  using project = misbehavingProject('healthy');
  const outcome = await runProgram(project, 'judge', '.');
  expect(outcome.exitCode).toBe(2);
  expect(outcome.stderr).toContain('is not a run');
});
