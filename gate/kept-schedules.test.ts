/** A schedule that failed once becomes a regression case by one command, and is run by every soak from then on. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { misbehavingProject, runProgram } from './testing/project.ts';
import { stopTwice } from './testing/schedule.ts';

// The program is started several times, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

const SCHEDULE = stopTwice(20);

it('kept by one command, it is judged in every soak, and again from the run', async () => {
  using project = misbehavingProject('crashes-on-second-signal');
  project.write('found.json', JSON.stringify(SCHEDULE));
  const kept = await runProgram(project, 'soak', '--replay', 'found.json', '--times', '1', '--keep');
  expect([kept.exitCode, kept.stderr]).toEqual([1, expect.stringContaining('soak-schedules/found.json')]);
  expect(existsSync(join(project.folder, 'soak-schedules', 'found.json'))).toBe(true);
  const soak = await runProgram(project, 'soak', '--scenario', 'kept-schedules');
  expect(soak.exitCode, soak.stderr).toBe(1);
  const judged = await runProgram(project, 'judge', 'runs/latest');
  expect(judged.exitCode, judged.stderr).toBe(1);
});

it('passes a service that no longer has the fault', async () => {
  using project = misbehavingProject('healthy', { soak: { keptSchedules: ['found.json'] } });
  project.write('found.json', JSON.stringify(SCHEDULE));
  const soak = await runProgram(project, 'soak', '--scenario', 'kept-schedules');
  expect(soak.exitCode, soak.stderr).toBe(0);
});

it('a file that is no schedule, and a scenario without any, are wrong usage', async () => {
  using project = misbehavingProject('healthy');
  project.write('found.json', JSON.stringify({ ...SCHEDULE, steps: [{ do: 'stop' }] }));
  const replay = await runProgram(project, 'soak', '--replay', 'found.json');
  expect([replay.exitCode, replay.stderr]).toEqual([2, expect.stringContaining('cannot follow one another')]);
  const none = await runProgram(project, 'soak', '--scenario', 'kept-schedules');
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('no schedule in soak-schedules')]);
});
