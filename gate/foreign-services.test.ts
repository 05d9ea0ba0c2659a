/** Three services written by strangers to the rules go through `check` and `soak`. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProject, MISBEHAVING, type Outcome, processesOf, runProgram } from './testing/project.ts';

describe('a foreign service', () => {
  it('plain http in JavaScript', async () => {
    const { check, soak } = await goThrough('plain-http-js');
    expect(findingsOf(check), check.stderr).toEqual([]);
    expect(findingsOf(soak), soak.stderr).toEqual([]);
  });

  it('express', async () => {
    const { check, soak } = await goThrough('express-notes');
    expect(findingsOf(check), check.stderr).toEqual([]);
    expect(findingsOf(soak), soak.stderr).toEqual([]);
  });

  it('a worker without HTTP: what needs a port is skipped by name, the rest is judged', async () => {
    const { check, soak } = await goThrough('worker-no-http');
    expect(findingsOf(check), check.stderr).toEqual([]);
    expect(findingsOf(soak), soak.stderr).toEqual([]);
    expect(soak.summary?.skipped.map((skipped) => skipped.check)).toContain('requests-kept');
    expect(soak.summary?.stages.find(({ name }) => name === 'soak')?.checks).toHaveProperty('exit-code');
  });
});

async function goThrough(name: string): Promise<{ check: Outcome; soak: Outcome }> {
  using project = createProject([join(MISBEHAVING, 'foreign', name)]);
  const folder = join(project.folder, name);
  // Its dependency, as an installation would have put it there.
  symlinkSync(join(MISBEHAVING, '..', '..', 'node_modules'), join(folder, 'node_modules'));
  const inside = { ...project, folder };
  const check = await runProgram(inside, 'check');
  // Every important fault takes a minute for each: these are the ones that strangers met first.
  const soak = await runProgram(inside, 'soak', '--scenario', 'restart-loop', 'second-signal');
  expect(processesOf(inside)).toEqual([]);
  return { check, soak };
}

function findingsOf(outcome: Outcome): string[] | undefined {
  return outcome.summary?.findings.map(
    ({ outcome: result, check, subject, message }) => `${result} ${check} ${subject}: ${message}`,
  );
}
