/** Every step is listed, is named after its file, and rests only on steps before it; every seeded fault names one, and strikes. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BAD_DEPLOYMENTS, type BadDeployment, makeBadDeployment } from '../bad-deployment.ts';
import { STEPS } from './steps.ts';

describe('steps', () => {
  it('are the files of their folder', () => {
    const files = readdirSync(new URL('steps', import.meta.url)).map((name) => name.replace(/\.ts$/, ''));
    expect(STEPS.map(({ id }) => id).sort()).toEqual(files.sort());
  });

  it.each(STEPS.map((step, index) => [step.id, step, index] as const))(
    '%s rests on what is before',
    (_, step, index) => {
      const before = STEPS.slice(0, index).map(({ id }) => id);
      expect(before).toEqual(expect.arrayContaining([...step.needs]));
    },
  );
});

describe('seeded faults of the deployment', () => {
  it.each(Object.entries(BAD_DEPLOYMENTS))(
    '%s strikes, and is for a step that there is',
    (kind, { step }) => {
      expect(STEPS.map(({ id }) => id)).toContain(step);
      const folder = mkdtempSync(join(tmpdir(), 'shakedown-bad-deployment-'));
      try {
        makeBadDeployment(kind as BadDeployment, folder);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
