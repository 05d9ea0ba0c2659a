import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { deadlineIn, poll } from '../harness/deadline.ts';
import { readRun } from '../harness/read-run.ts';
import { latestRun, misbehavingProject, processesOf, runProgram, startProgram } from './testing/project.ts';

/** Long enough to be struck in the middle, on a machine of any speed. */
const LONG_SOAK = ['soak', '--cycles', '500'];

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGKILL', null],
] as const)(
  '%s in the middle of a soak leaves no process and a run that says so',
  async (signal, exitCode) => {
    using project = misbehavingProject('healthy');
    const program = startProgram(project, LONG_SOAK);
    program.stdout.resume();
    program.stderr.resume();
    const observed = (): string | undefined => {
      const run = latestRun(project);
      const path = run === undefined ? '' : join(run, 'stages', 'soak', 'observations.ndjson');
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    };
    const secondCycle = await poll(
      () => (observed()?.includes('"kind":"ready","cycle":2') === true ? true : undefined),
      deadlineIn(40_000, 'the second cycle'),
    );
    expect(secondCycle).toMatchObject({ met: true });

    program.kill(signal);
    const [code] = (await once(program, 'close')) as [number | null];
    expect(code).toBe(exitCode);

    const gone = await poll(
      () => (processesOf(project).length === 0 ? true : undefined),
      deadlineIn(5_000, 'every process to be gone'),
    );
    expect(gone, processesOf(project).join('\n')).toMatchObject({ met: true });

    const run = readRun(latestRun(project) as string);
    if (signal === 'SIGKILL') {
      expect(run.state).toBe('cut off');
      const report = await runProgram(project, 'report', 'runs/latest');
      expect(report.stderr).toContain('the run was cut off');
      expect(report.exitCode).toBe(3);
    } else {
      expect(run.end).toMatchObject({ exitCode, interruptedBy: signal, outcome: 'unknown' });
      expect(run.verdicts.map(({ message }) => message).join()).toContain(`interrupted by ${signal}`);
    }
  },
);

it("the gate's own deadline ends a soak that takes too long, and that is unknown", async () => {
  using project = misbehavingProject('healthy', { gateWithinMs: 4_000 });
  const outcome = await runProgram(project, ...LONG_SOAK);
  expect(outcome.exitCode, outcome.stderr).toBe(3);
  expect(outcome.stderr).toContain("the gate's 4000 ms are over");
  expect(readRun(latestRun(project) as string).end).toMatchObject({
    interruptedBy: 'deadline',
    outcome: 'unknown',
  });
  expect(processesOf(project)).toEqual([]);
});
