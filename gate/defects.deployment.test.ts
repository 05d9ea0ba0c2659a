/**
 * The defects that the files of the deployment show, one for each rule, each in a copy of the project's own: exactly its
 * verdicts turn red, and its near-twin changes nothing.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT_RULES } from '../checks/deployment/rules.ts';
import type { DeploymentDefect } from '../fixtures/defects/defect.ts';
import { runProgram } from './testing/project.ts';
import { copyDeployment, judgeDeploymentOf } from './testing/seeded-deployment.ts';

const ids = DEPLOYMENT_RULES.map(({ id }) => id);
const FOLDER = new URL('../fixtures/defects/deployment/', import.meta.url);
const names = readdirSync(FOLDER).map((file) => basename(file, '.ts'));
const defects = await Promise.all(
  names.map(async (name) => {
    const { default: defect } = (await import(`../fixtures/defects/deployment/${name}.ts`)) as {
      default: DeploymentDefect;
    };
    return [name, defect] as const;
  }),
);

describe('seeded defects of the deployment', () => {
  it('are there for each rule', () => {
    expect([...names].sort()).toEqual([...ids].sort());
  });

  it('strike: an edit that finds nothing, a file that is there already, a mode that is off', () => {
    const file = 'deployment/install.sh';
    const lost = { file, find: 'no such words', replace: '' };
    expect(() => copyDeployment([lost])).toThrow('holds 0 times what the edit looks for');
    expect(() => copyDeployment([{ file, create: '' }])).toThrow('is there already');
    const taken = { file, executable: false } as const;
    expect(() => copyDeployment([taken, taken])).toThrow('is not executable before the edit');
  });

  it('are found by the program as they are here', async () => {
    const [, defect] = defects.find(([name]) => name === 'stop-timeout-fits') ?? [];
    for (const edits of [[], defect?.spellings[0].edits ?? []]) {
      using project = copyDeployment(edits);
      const { findings, passed } = judgeDeploymentOf(project);
      const { exitCode, summary, stderr } = await runProgram(project, 'check', '--rule', ids.join(','));
      expect(summary?.findings, stderr).toMatchObject(findings);
      const checks = summary?.stages.find(({ name }) => name === 'deployment')?.checks ?? {};
      const counted = Object.entries(checks).map(([check, { counts }]) => [check, counts.pass]);
      expect(Object.fromEntries(counted.filter(([, count]) => count !== 0))).toEqual(passed);
      expect(exitCode).toBe(findings.length > 0 ? 1 : 0);
    }
  });
});

/** The rules that ask a tool of the host: where there is none they say so themselves, and there is no defect to show. */
const TOOLS: Record<string, string> = {
  'install-lints': 'shellcheck',
  'unit-verifies': 'systemd-analyze',
  'unit-sandboxed': 'systemd-analyze',
};
const missingTool = (name: string): string | undefined => {
  const tool = TOOLS[name];
  return tool !== undefined && spawnSync(tool, ['--version']).error !== undefined ? tool : undefined;
};
const titled = defects.map(([name, defect]) => {
  const missing = missingTool(name);
  return {
    name,
    defect,
    missing,
    title: missing === undefined ? name : `${name} (skipped: no ${missing} here)`,
  };
});

/** What can be seen with the tools that are here. */
const shown = <T extends { check: string }>(changes: readonly T[]): T[] =>
  changes.filter(({ check }) => missingTool(check) === undefined);

describe.each(titled)('$title', ({ name, defect: { spellings, nearTwin }, missing }) => {
  it.skipIf(missing !== undefined).each(spellings)('turns the check red: $how', ({ edits, changes }) => {
    using project = copyDeployment(edits);
    expect(changes.map(({ check }) => check)).toContain(name);
    expect(judgeDeploymentOf(project).findings).toEqual(
      shown(changes).map(({ check, outcome, message }) => ({
        check,
        outcome,
        message: expect.stringMatching(message) as string,
      })),
    );
  });

  it.skipIf(missing !== undefined)(`stays green with its near-twin: ${nearTwin.how}`, () => {
    using project = copyDeployment(nearTwin.edits);
    const { findings, passed } = judgeDeploymentOf(project);
    expect(findings).toEqual([]);
    // The rule has looked at it, and is not silent.
    expect(passed[name]).toBeGreaterThan(0);
  });
});
