/**
 * The tests of the seeded defects of one stage: each defect, put into a copy of the reference service, turns the gate red
 * with its own check and nothing else; its near-twin changes nothing.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Defect } from '../../fixtures/defects/defect.ts';
import { copyService, judgeCopy } from './seeded-service.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/defects/', import.meta.url));

/** The defects of a stage, by name. */
export async function readDefects(stage: Defect['stage']): Promise<[string, Defect][]> {
  const names = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts') && file !== 'defect.ts')
    .map((file) => file.replace(/\.ts$/, ''));
  const all = await Promise.all(
    names.map(async (name): Promise<[string, Defect]> => {
      const { default: defect } = (await import(`../../fixtures/defects/${name}.ts`)) as { default: Defect };
      return [name, defect];
    }),
  );
  return all.filter(([, defect]) => defect.stage === stage);
}

/** A gate of one stage takes seconds; this is for a machine that does much else. */
const TIMEOUT_MS = 240_000;

export function describeDefects(stage: Defect['stage'], defects: [string, Defect][]): void {
  describe.each(defects)('%s', { timeout: TIMEOUT_MS }, (_name, { spellings, nearTwin }) => {
    it.each(spellings)('turns the gate red: $how', async ({ edits, changes }) => {
      using project = await copyService(edits, { stage });
      const outcome = await judgeCopy(project, stage);
      expect(outcome.findings, outcome.stderr).toEqual(
        changes.map(({ check, outcome: result, message }) => ({
          check,
          outcome: result,
          message: expect.stringMatching(message) as string,
        })),
      );
      expect(outcome.exitCode).toBe(1);
    });

    it(`stays green with its near-twin: ${nearTwin.how}`, async () => {
      using project = await copyService(nearTwin.edits, { stage });
      const outcome = await judgeCopy(project, stage);
      expect(outcome.findings, outcome.stderr).toEqual([]);
      expect(outcome.exitCode).toBe(0);
    });
  });
}
