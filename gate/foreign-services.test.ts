/**
 * Three services written by strangers to the rules go through `check` and `soak`. `npm run test:foreign` lets every fault
 * strike them, which takes minutes: what is found then is true of them, and nothing else is.
 */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createProject,
  MISBEHAVING,
  type Outcome,
  processesOf,
  type Project,
  runProgram,
} from './testing/project.ts';

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

describe.skipIf(process.env['ALL_FAULTS'] !== 'yes')('every fault on a foreign service', () => {
  /** What is true of each: `outcome check subject`, and words of the message. */
  const found: Record<string, [string, RegExp][]> = {
    'plain-http-js': [
      // A PORT that is none is taken for the path of a unix socket.
      ['fail bad-configuration the first try', /not ready after/],
      ['fail bad-configuration the second try', /not ready after/],
      // Its list of todos only grows.
      ['fail long-uptime steady load', /bytes more of heap/],
      ['fail other-stop-signals SIGINT', /ended by SIGINT/],
    ],
    'express-notes': [
      // Its notes live for an hour: under load they only grow.
      ['fail long-uptime steady load', /bytes more of heap/],
      // Its stop has no try.
      ['fail stop-throws log', /node-crash/],
    ],
    'worker-no-http': [],
  };

  it.each(Object.entries(found))('%s', { timeout: 600_000 }, async (name, expected) => {
    using project = openForeign(name);
    const soak = await runProgram(project, 'soak', '--all');
    const findings = soak.summary?.findings.map(
      ({ outcome, check, subject, message }) => [`${outcome} ${check} ${subject}`, message] as const,
    );
    expect(findings?.map(([what]) => what).sort(), soak.stderr).toEqual(expected.map(([what]) => what));
    for (const [what, words] of expected)
      expect(findings?.find(([each]) => each === what)?.[1]).toMatch(words);
    expect(processesOf(project)).toEqual([]);
  });
});

function openForeign(name: string): Project {
  const project = createProject([join(MISBEHAVING, 'foreign', name)]);
  const folder = join(project.folder, name);
  // Its dependency, as an installation would have put it there.
  symlinkSync(join(MISBEHAVING, '..', '..', 'node_modules'), join(folder, 'node_modules'));
  return { ...project, folder };
}

async function goThrough(name: string): Promise<{ check: Outcome; soak: Outcome }> {
  using inside = openForeign(name);
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
