/**
 * Each defect, put into a copy of the reference service, turns the gate red with its own check and nothing else;
 * its near-twin changes nothing; and no verdict follows the spelling of the source.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import type { Defect } from '../fixtures/defects/defect.ts';
import { copyService, judgeCopy } from './testing/seeded-service.ts';

const folder = fileURLToPath(new URL('../fixtures/defects/', import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'defect.ts')
  .map((file) => file.replace(/\.ts$/, ''));
const defects: [string, Defect][] = await Promise.all(
  names.map(async (name): Promise<[string, Defect]> => {
    const { default: defect } = (await import(`../fixtures/defects/${name}.ts`)) as { default: Defect };
    return [name, defect];
  }),
);

describe.each(defects)('%s', (_name, { stage, spellings, nearTwin }) => {
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

const RENAMES: [RegExp, string][] = [
  [/\bLifecycle\b/g, 'Zyklus'],
  [/\bAutopilot\b(?!\w)/g, 'Kurs'],
  [/\bsubsystem\b(?!['}])/g, 'teil'],
  [/#scheduler\b/g, '#takt'],
];

const rewrites: [string, (text: string, file: string) => string | Promise<string>][] = [
  [
    'other names for classes, fields and variables',
    (text) => RENAMES.reduce((result, [from, to]) => result.replace(from, to), text),
  ],
  [
    'another format',
    (text) =>
      format(text, { parser: 'typescript', printWidth: 60, useTabs: true, semi: false, singleQuote: false }),
  ],
  [
    'the right and the wrong calls in comments and strings',
    (text) =>
      `${text}\n// await subsystem.stop(); process.on('SIGTERM', stop); setInterval(tick, 1000); new DatabaseSync('x');\nexport const NOTE = "try { await subsystem.start() } catch {}";\n`,
  ],
];

describe('no verdict follows the spelling', () => {
  const [forgotten] = defects
    .filter(([name]) => name === 'resource-left-open')
    .map(([, defect]) => defect.spellings[0]);

  it.each(rewrites)('%s', async (_what, rewrite) => {
    using plain = await copyService([]);
    using rewritten = await copyService([], { rewrite });
    using faulty = await copyService(forgotten?.edits ?? [], { rewrite });
    const [before, after, red] = [
      await judgeCopy(plain),
      await judgeCopy(rewritten),
      await judgeCopy(faulty),
    ];
    expect(after.findings, after.stderr).toEqual([]);
    expect(after.passed).toEqual(before.passed);
    expect(red.findings.map(({ check }) => check)).toEqual(['resource-released']);
  });
});
